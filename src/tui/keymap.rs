//! The keymap: sequences of keys to commands, by context, checked against the table of commands.

use strum::IntoEnumIterator;

use super::command::{COMMANDS, Command, Spec};
use super::context::Context;
use super::keys::{Key, sequence};
use crate::catalog::{Catalog, CatalogError, KeyFile};

/// What the keys pressed so far mean in a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    Run(Command),
    /// The beginning of at least one longer sequence.
    More,
    Nothing,
}

/// All bindings, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

#[derive(Clone, Debug)]
struct Binding {
    keys: Vec<Key>,
    command: Command,
    contexts: Vec<Context>,
}

impl Keymap {
    /// The keymap of a catalog. When the user's own does not pass, the built-in one, with what is
    /// wrong.
    pub fn of(catalog: &Catalog) -> (Self, Vec<CatalogError>) {
        let (keymap, problems) = Self::build(&catalog.keys);
        match problems.is_empty() {
            true => (keymap, problems),
            false => (Self::build(&catalog.builtin_keys).0, problems),
        }
    }

    /// Checks every line of a keymap file: the key, the command, the context, and that no two lines
    /// of one context clash.
    pub fn build(file: &KeyFile) -> (Self, Vec<CatalogError>) {
        let mut keymap = Self::default();
        let mut problems = Vec::new();
        for line in &file.bindings {
            match checked(file, line) {
                Ok(binding) => match keymap.clash(&binding) {
                    Some(clash) => problems.push(file.error(&line.key, &clash)),
                    None => keymap.bindings.push(binding),
                },
                Err(problem) => problems.push(problem),
            }
        }
        (keymap, problems)
    }

    /// What `keys` mean in `context`.
    pub fn lookup(&self, context: Context, keys: &[Key]) -> Lookup {
        let mut more = false;
        for binding in self.within(context) {
            if binding.keys == keys {
                return Lookup::Run(binding.command);
            }
            more |= binding.keys.starts_with(keys);
        }
        if more { Lookup::More } else { Lookup::Nothing }
    }

    /// The ways to go on after `keys`: the remaining keys and their command.
    pub fn choices(&self, context: Context, keys: &[Key]) -> Vec<(String, Command)> {
        self.within(context)
            .filter_map(|binding| {
                let rest = binding.keys.strip_prefix(keys)?;
                Some((written(rest), binding.command))
            })
            .collect()
    }

    /// The keys of a command, for help and palette: `j, down`. Only those of `context` when given.
    pub fn keys_of(&self, command: Command, context: Option<Context>) -> Vec<String> {
        self.bindings
            .iter()
            .filter(|binding| binding.command == command)
            .filter(|binding| context.is_none_or(|context| binding.contexts.contains(&context)))
            .map(|binding| written(&binding.keys))
            .collect()
    }

    /// The first key of a command in a context, for the footer.
    pub fn first_key(&self, command: Command, context: Context) -> Option<String> {
        self.keys_of(command, Some(context)).into_iter().next()
    }

    fn within(&self, context: Context) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |binding| binding.contexts.contains(&context))
    }

    /// Two sequences clash when one begins the other in a common context.
    fn clash(&self, new: &Binding) -> Option<String> {
        self.bindings.iter().find_map(|old| {
            let begins = old.keys.starts_with(&new.keys) || new.keys.starts_with(&old.keys);
            let common = new.contexts.iter().find(|context| old.contexts.contains(context))?;
            begins.then(|| {
                format!("clashes with `{}` ({}) in {common}", written(&old.keys), old.command)
            })
        })
    }
}

fn checked(file: &KeyFile, line: &crate::catalog::Binding) -> Result<Binding, CatalogError> {
    let keys =
        sequence(line.key.get_ref()).map_err(|error| file.error(&line.key, &error.to_string()))?;
    let name = line.command.get_ref();
    let command: Command = name
        .parse()
        .map_err(|_| file.error(&line.command, "no such command").suggest(name, Command::ids()))?;
    let spec = command.spec();
    let contexts = match &line.when {
        Some(when) => vec![only(file, spec, when)?],
        // A screen's own binding of the same keys is written with `when`, so a general one gives
        // way: see `gives_way`.
        None => spec.contexts.all().filter(|context| fits(*context, &keys)).collect(),
    };
    let contexts: Vec<Context> = match line.when {
        Some(_) => contexts,
        None => contexts
            .into_iter()
            .filter(|context| !gives_way(file, *context, line.key.get_ref(), command))
            .collect(),
    };
    Ok(Binding { keys, command, contexts })
}

fn only(
    file: &KeyFile,
    spec: &Spec,
    when: &toml::Spanned<String>,
) -> Result<Context, CatalogError> {
    let context: Context = when.get_ref().parse().map_err(|_| {
        let names = Context::iter().map(<&'static str>::from);
        file.error(when, "no such context").suggest(when.get_ref(), names)
    })?;
    match spec.contexts.contains(context) {
        true => Ok(context),
        false => Err(file.error(when, &format!("`{}` does not work there", spec.command))),
    }
}

/// Where text is typed, plain characters are text.
fn fits(context: Context, keys: &[Key]) -> bool {
    !(context.takes_text() && keys.first().is_some_and(|key| key.types()))
}

/// A binding without `when` gives way to one of the same keys that names the context.
fn gives_way(file: &KeyFile, context: Context, key: &str, command: Command) -> bool {
    let name: &str = context.into();
    file.bindings.iter().any(|other| {
        other.key.get_ref() == key
            && other.command.get_ref() != command.id()
            && other.when.as_ref().is_some_and(|when| when.get_ref() == name)
    })
}

fn written(keys: &[Key]) -> String {
    let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
    keys.join(" ")
}

/// `docs/KEYS.md`: every command with its keys, from the table and the built-in keymap.
pub fn keys_markdown(catalog: &Catalog) -> String {
    let (keymap, _) = Keymap::build(&catalog.builtin_keys);
    let mut text = String::from(
        "# Keys\n\nGenerated from the table of commands and `views/keymap.toml`. A sequence such as \
         `g q` is pressed one key after the other.\n",
    );
    let mut groups: Vec<super::command::Group> = Vec::new();
    for spec in COMMANDS {
        if !groups.contains(&spec.group) {
            groups.push(spec.group);
        }
    }
    for group in groups {
        text.push_str(&format!("\n## {group}\n\n| Keys | Command | What it does | Where |\n"));
        text.push_str("|---|---|---|---|\n");
        for spec in COMMANDS.iter().filter(|spec| spec.group == group) {
            let keys: Vec<String> = keymap
                .keys_of(spec.command, None)
                .into_iter()
                .map(|keys| format!("`{keys}`"))
                .collect();
            text.push_str(&format!(
                "| {} | `{}` | {} | {} |\n",
                keys.join(", "),
                spec.command,
                spec.help,
                places(spec)
            ));
        }
    }
    text
}

/// The contexts of a command for people.
pub fn places(spec: &Spec) -> String {
    let names: Vec<&str> = spec.contexts.all().map(<&'static str>::from).collect();
    match names.len() + 1 >= Context::iter().count() {
        true => "everywhere".to_owned(),
        false => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Catalog {
        Catalog::builtin().expect("the shipped catalog passes")
    }

    #[test]
    fn the_shipped_keymap_passes_and_reaches_every_command() {
        let (keymap, problems) = Keymap::build(&shipped().keys);
        assert_eq!(problems, []);
        for spec in COMMANDS {
            assert!(!keymap.keys_of(spec.command, None).is_empty(), "{}", spec.command);
        }
    }

    #[test]
    fn help_is_on_both_keys_and_motions_never_decide() {
        let (keymap, _) = Keymap::build(&shipped().keys);
        for (keys, command) in [
            ("?", Command::Help),
            ("f1", Command::Help),
            ("ctrl-d", Command::HalfPageDown),
            ("1", Command::TagGap1),
            ("enter", Command::Open),
            ("g q", Command::GoQueue),
        ] {
            let keys = sequence(keys).expect("keys");
            assert_eq!(keymap.lookup(Context::Queue, &keys), Lookup::Run(command));
        }
        let g = sequence("g").expect("keys");
        assert_eq!(keymap.lookup(Context::Queue, &g), Lookup::More);
        assert_eq!(keymap.lookup(Context::Line, &g), Lookup::Nothing);
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir_all(folder.path().join("views")).expect("writable");
        let text = "[[bind]]\nkey = \"x\"\ncommand = \"undoo\"\n\
                    [[bind]]\nkey = \"hyper-x\"\ncommand = \"undo\"\n\
                    [[bind]]\nkey = \"u\"\ncommand = \"undo\"\n\
                    [[bind]]\nkey = \"u\"\ncommand = \"help\"\n\
                    [[bind]]\nkey = \"u\"\ncommand = \"rule\"\nwhen = \"dispute\"\n";
        std::fs::write(folder.path().join("views/keymap.toml"), text).expect("writable");
        let catalog = Catalog::load(Some(folder.path())).expect("the shipped catalog passes");
        let (keymap, problems) = Keymap::of(&catalog);
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let found = |part: &str| problems.iter().any(|problem| problem.contains(part));
        assert!(found(":3:11: no such command; did you mean `undo`?"), "{problems:?}");
        assert!(found(":5:7: not a key"), "{problems:?}");
        assert!(found("clashes with `u` (undo)"), "{problems:?}");
        assert!(found("did you mean `disputes`?"), "{problems:?}");
        assert!(!keymap.keys_of(Command::Help, None).is_empty(), "the built-in keymap is in force");
    }

    #[test]
    fn the_keys_document_names_every_command() {
        let text = keys_markdown(&shipped());
        for command in Command::ids() {
            assert!(text.contains(&format!("`{command}`")), "{command}");
        }
    }
}
