//! Methods of a builder that set one field each.

/// Implements setters. `set` replaces a value, `some` an optional value, `into` an optional value that is converted, `list` a
/// list of values.
macro_rules! setters {
    ($type:ident { $($form:ident $method:ident($field:ident: $value:ty);)+ }) => {
        impl $type {
            $(setters!(@$form $method $field $value);)+
        }
    };
    (@set $method:ident $field:ident $value:ty) => {
        #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
        #[must_use]
        pub fn $method(mut self, $field: $value) -> Self {
            self.$field = $field;
            self
        }
    };
    (@some $method:ident $field:ident $value:ty) => {
        #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
        #[must_use]
        pub fn $method(mut self, $field: $value) -> Self {
            self.$field = Some($field);
            self
        }
    };
    (@into $method:ident $field:ident $value:ty) => {
        #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
        #[must_use]
        pub fn $method(mut self, $field: impl Into<$value>) -> Self {
            self.$field = Some($field.into());
            self
        }
    };
    (@list $method:ident $field:ident $value:ty) => {
        #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
        #[must_use]
        pub fn $method(mut self, $field: impl IntoIterator<Item = impl Into<$value>>) -> Self {
            self.$field = $field.into_iter().map(Into::into).collect();
            self
        }
    };
}
