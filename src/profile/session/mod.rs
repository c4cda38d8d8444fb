//! Sessions: how surprising a run is among the runs that were asked for the like.

mod facts;
mod score;

pub use facts::{Act, Context, Facts, Shown};
pub use score::{Scored, TermKind, TermScore};

use rustc_hash::FxHashMap;

/// What earlier sessions showed.
#[derive(Clone, Debug, Default)]
pub struct Sessions {
    /// Of each run: its context and its group.
    runs: Vec<(u32, u32)>,
    contexts: Vec<Context>,
    numbers: FxHashMap<Context, u32>,
    /// In how many contexts a stem occurs.
    stems: FxHashMap<u32, Vec<u32>>,
    shown: FxHashMap<Shown, Vec<u32>>,
    groups: FxHashMap<u32, u64>,
}

/// The weights of earlier runs for one run.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// By context.
    weights: Vec<f64>,
    /// Of all runs that are compared.
    total: f64,
    runs: u64,
    /// The largest similarity.
    pub nearest: f64,
    except: Option<u32>,
    pub knobs: Knobs,
}

/// Less similar contexts weigh nothing.
const LEAST_WEIGHT: f64 = 0.0025;

#[derive(Clone, Copy, Debug)]
pub struct Knobs { pub lambda: f64, pub power: f64, pub idf: f64, pub v: [f64; 16] }
pub static KNOBS: std::sync::RwLock<Knobs> = std::sync::RwLock::new(Knobs { lambda: 0.25, power: 2.0, idf: 1.0, v: [0.0; 16] });
impl Knobs {
    pub fn get() -> Self { *KNOBS.read().expect("lock") }
    pub fn set(text: &str) {
        let mut k = Knobs { lambda: 0.25, power: 2.0, idf: 1.0, v: [0.0; 16] };
        for part in text.split(',').filter(|p| !p.is_empty()) {
            let (name, value) = part.split_once('=').expect("=");
            let value: f64 = value.parse().expect("number");
            match name { "L" => k.lambda = value, "P" => k.power = value, "I" => k.idf = value, n => k.v[n[1..].parse::<usize>().expect("i")] = value }
        }
        *KNOBS.write().expect("lock") = k;
    }
}

impl Sessions {
    pub fn runs(&self) -> u64 {
        self.runs.len() as u64
    }

    pub fn learn(&mut self, facts: &Facts, group: u32) {
        let run = u32::try_from(self.runs.len()).unwrap_or(u32::MAX);
        let next = u32::try_from(self.contexts.len()).unwrap_or(u32::MAX);
        let context = *self.numbers.entry(facts.context.clone()).or_insert(next);
        if context == next {
            self.contexts.push(facts.context.clone());
            for stem in &facts.context.stems {
                self.stems.entry(*stem).or_default().push(context);
            }
        }
        self.runs.push((context, group));
        *self.groups.entry(group).or_default() += 1;
        for shown in &facts.shown {
            self.shown.entry(*shown).or_default().push(run);
        }
    }

    pub fn kernel(&self, context: &Context, except: Option<u32>) -> Kernel {
        let knobs = Knobs::get();
        let idf = |stem: &u32| {
            let known = self.stems.get(stem).map_or(0, Vec::len) as f64;
            if knobs.idf > 0.5 { ((self.contexts.len() as f64 + 1.0) / (known + 0.5)).ln().max(0.05) } else { 1.0 }
        };
        let sum = |stems: &[u32]| stems.iter().map(idf).sum::<f64>();
        let mut shared = vec![0.0; self.contexts.len()];
        for stem in &context.stems {
            let weight = idf(stem);
            for other in self.stems.get(stem).into_iter().flatten() {
                if let Some(shared) = shared.get_mut(*other as usize) {
                    *shared += weight;
                }
            }
        }
        let own = sum(&context.stems);
        let similarity = |(shared, other): (f64, &Context)| match (context.first, other.first) {
            _ if shared > 0.0 => shared / (own + sum(&other.stems) - shared),
            (Some(first), Some(other)) if first == other => 1.0,
            (None, None) if context.stems.is_empty() && other.stems.is_empty() => 1.0,
            _ => 0.0,
        };
        let similarities: Vec<f64> = shared.into_iter().zip(&self.contexts).map(similarity).collect();
        let weights: Vec<f64> = similarities
            .iter()
            .map(|s| Some(if knobs.power == 2.0 { s * s } else { s.powf(knobs.power) }).filter(|w| *w > LEAST_WEIGHT).unwrap_or(0.0))
            .collect();
        let (mut total, mut nearest, mut runs) = (0.0, 0.0, 0);
        for (context, _) in self.runs.iter().filter(|(_, group)| Some(*group) != except) {
            total += weights.get(*context as usize).copied().unwrap_or(0.0);
            nearest = f64::max(nearest, similarities.get(*context as usize).copied().unwrap_or(0.0));
            runs += 1;
        }
        Kernel { weights, total, runs, nearest, except, knobs }
    }

    /// Nats.
    pub fn surprise(&self, shown: Shown, kernel: &Kernel) -> f64 {
        let lambda = kernel.knobs.lambda;
        let (weight, seen) = self.support(shown, kernel);
        let backoff = (seen as f64 + 0.5) / (kernel.runs as f64 + 1.0);
        -((weight + lambda * backoff.min(1.0)) / (kernel.total + lambda)).min(1.0).ln()
    }

    pub fn support(&self, shown: Shown, kernel: &Kernel) -> (f64, u64) {
        let (mut weight, mut seen) = (0.0, 0);
        for run in self.shown.get(&shown).into_iter().flatten() {
            if let Some((context, group)) = self.runs.get(*run as usize)
                && Some(*group) != kernel.except
            {
                weight += kernel.weights.get(*context as usize).copied().unwrap_or(0.0);
                seen += 1;
            }
        }
        (weight, seen)
    }
}
