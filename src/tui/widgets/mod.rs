//! What the panes are drawn with.

pub mod document;
pub mod footer;
pub mod input;
pub mod listing;
pub mod outline;
pub mod rows;
pub mod table;
pub mod text;
