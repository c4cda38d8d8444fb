//! What cloud principals can do, by the policies of their provider.

pub mod aws;
