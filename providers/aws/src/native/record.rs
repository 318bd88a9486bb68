//! Macros that list the fields of a record once and give the way in both directions.
//!
//! A field is named as the SDK names it; `as` gives the language's name where that differs, and `via` a module with
//! `take(map, name)` and `decode(&field)` where the forms differ.

/// The language's name of a field.
macro_rules! name_of {
    ($field:ident) => {{
        const NAME: &str = stringify!($field);
        // `r#type` is `type`.
        match NAME.as_bytes() {
            [b'r', b'#', ..] => NAME.split_at(2).1,
            _ => NAME,
        }
    }};
    ($field:ident $name:literal) => {
        $name
    };
}

/// A field of a document for a call.
macro_rules! take_field {
    ($map:expr, $name:expr) => {
        $crate::native::codec::take($map, $name)
    };
    ($map:expr, $name:expr, $codec:ident) => {
        $codec::take($map, $name)
    };
}

/// A field of an answer for a document.
macro_rules! decode_field {
    ($value:expr) => {
        $crate::native::codec::Decode::decode(&$value)
    };
    ($value:expr, $codec:ident) => {
        $codec::decode(&$value)
    };
}

/// Sets fields of a call or builder from a document: `send!(client.create_vpc(), inputs => cidr_block, x as "y")`.
macro_rules! send {
    ($call:expr, $map:expr => $($field:ident $(as $name:literal)? $(via $codec:ident)?),* $(,)?) => {{
        let call = $call;
        $(let call = pastey::paste! { call.[<set_ $field>](take_field!($map, name_of!($field $($name)?) $(, $codec)?)?) };)*
        call
    }};
}

/// Reads fields of an answer into a document: `read!(&vpc => cidr_block, x as "y")`.
macro_rules! read {
    ($from:expr => $($field:ident $(as $name:literal)? $(via $codec:ident)?),* $(,)?) => {{
        let from = $from;
        let mut map = cairn_provider::value::Map::new();
        $($crate::native::codec::set(&mut map, name_of!($field $($name)?), decode_field!(from.$field $(, $codec)?));)*
        map
    }};
}

/// Gives records both directions (`both`), one (`send`, `read`), or one each where the SDK has a type for requests and
/// another for answers (`pair`).
macro_rules! records {
    () => {};
    (both $ty:path { $($body:tt)* } $($rest:tt)*) => {
        record_send! { $ty { $($body)* } }
        record_read! { $ty { $($body)* } }
        records! { $($rest)* }
    };
    (pair $send:path, $read:path { $($body:tt)* } $($rest:tt)*) => {
        record_send! { $send { $($body)* } }
        record_read! { $read { $($body)* } }
        records! { $($rest)* }
    };
    (send $ty:path { $($body:tt)* } $($rest:tt)*) => {
        record_send! { $ty { $($body)* } }
        records! { $($rest)* }
    };
    (read $ty:path { $($body:tt)* } $($rest:tt)*) => {
        record_read! { $ty { $($body)* } }
        records! { $($rest)* }
    };
}

/// The direction to the cloud.
macro_rules! record_send {
    ($ty:path { $($field:ident $(as $name:literal)? $(via $codec:ident)?),* $(,)? }) => {
        impl $crate::native::codec::Encode for $ty {
            fn encode(value: &cairn_provider::value::Value) -> Result<Self, $crate::native::codec::Mistake> {
                let map = $crate::native::codec::fields_of(value, &[$(name_of!($field $($name)?)),*])?;
                $crate::native::codec::built(send!(<$ty>::builder(), map => $($field $(as $name)? $(via $codec)?),*).build())
            }
        }
    };
}

/// The direction from the cloud.
macro_rules! record_read {
    ($ty:path { $($field:ident $(as $name:literal)? $(via $codec:ident)?),* $(,)? }) => {
        impl $crate::native::codec::Decode for $ty {
            fn decode(&self) -> cairn_provider::value::Value {
                let map = read!(self => $($field $(as $name)? $(via $codec)?),*);
                cairn_provider::value::Value::Map(map.into())
            }
        }
    };
}

/// Gives enumerations both directions: they are text.
macro_rules! texts {
    ($($ty:path),* $(,)?) => {
        $(
            impl $crate::native::codec::Encode for $ty {
                fn encode(value: &cairn_provider::value::Value) -> Result<Self, $crate::native::codec::Mistake> {
                    let text = <String as $crate::native::codec::Encode>::encode(value)?;
                    Ok(Self::from(text.as_str()))
                }
            }

            impl $crate::native::codec::Decode for $ty {
                fn decode(&self) -> cairn_provider::value::Value {
                    cairn_provider::value::Value::text(self.as_str())
                }
            }
        )*
    };
}
