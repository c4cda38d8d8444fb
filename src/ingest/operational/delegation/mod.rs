//! Who acts for whom, as tokens and signed records carry it.

mod audit_record;
mod chain;
mod token;

pub use audit_record::FORMAT as AUDIT_RECORD;
pub use token::FORMAT as TOKEN;

#[cfg(test)]
mod tests;
