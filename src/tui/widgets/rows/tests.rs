//! Tests of the file around this.

use super::*;
use crate::catalog::fields::ProblemField;
use crate::catalog::{Align, Column, Width};

#[derive(Debug)]
struct Named(&'static str);

impl Listed for Named {
    type Field = ProblemField;
    type Id = &'static str;

    fn id(&self) -> &'static str {
        self.0
    }

    fn show(&self, field: ProblemField) -> Shown<'_> {
        match field {
            ProblemField::Kind => Shown::text(self.0.get(..1).unwrap_or_default()),
            _ => Shown::text(self.0),
        }
    }
}

fn rows() -> Rows<Named> {
    let column = |field| Column {
        title: String::new(),
        field,
        width: Width { min: 4, max: None, fill: true },
        align: Align::Left,
        role: None,
        rank: 0,
    };
    let view = View {
        title: String::new(),
        sort: Some(ProblemField::Kind),
        descending: false,
        columns: vec![column(ProblemField::Kind), column(ProblemField::Message)],
    };
    let mut rows = Rows::new(Arc::new(view));
    rows.set(vec![Named("beta"), Named("alpha"), Named("bravo"), Named("gamma")]);
    rows
}

#[track_caller]
fn check(rows: &Rows<Named>, under_cursor: &str, shown: usize) {
    assert_eq!(rows.current().map(|row| row.0), Some(under_cursor));
    assert_eq!(rows.count().0, shown);
}

#[test]
fn the_same_row_stays_under_the_cursor() {
    let mut rows = rows();
    check(&rows, "alpha", 4);
    rows.go(Motion::Down);
    check(&rows, "beta", 4);
    rows.sort_reverse();
    check(&rows, "beta", 4);
    rows.set_filter("B");
    check(&rows, "beta", 2);
    rows.set_filter("");
    check(&rows, "beta", 4);
    rows.set(vec![Named("beta"), Named("zeta")]);
    check(&rows, "beta", 2);
}

#[test]
fn matches_are_found_when_the_filter_is_off() {
    let mut rows = rows();
    assert!(!rows.next_match(false));
    rows.set_filter("am");
    rows.set_filter("");
    rows.go(Motion::Top);
    assert!(rows.next_match(false));
    check(&rows, "gamma", 4);
}

#[test]
fn groups_fold_and_stand_for_their_rows() {
    let mut rows = rows();
    rows.toggle_group();
    rows.go(Motion::Top);
    rows.go(Motion::Down);
    check(&rows, "alpha", 4);
    rows.go(Motion::Down);
    assert!(rows.current().is_none(), "on the heading of b");
    assert_eq!(rows.targets().len(), 2);
    rows.mark();
    assert_eq!(rows.marks(), 2);
    rows.fold_all(true);
    assert_eq!(rows.lines.len(), 3);
    assert_eq!(rows.count(), (4, 4));
}
