//! Reads the text of a manifest.json: the shapes in the file, the values that nodes share, and the pass over the file.

mod builder;
mod document;
mod entries;
mod shapes;
mod sharing;
