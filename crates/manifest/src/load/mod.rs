//! From the text of a manifest.json to the model: the shapes in the file, what is shared, and the passage over the file.

mod builder;
mod document;
mod entries;
mod shapes;
mod sharing;
