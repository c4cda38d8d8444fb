//! What both faces ask for. Composes the floors below, so that the screen and the command line
//! cannot differ.

pub mod view;
