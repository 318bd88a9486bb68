//! All types of the registry that Cairn carries, with what is laid over them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use cairn_provider::declaration::{Declaration, LookUpDeclaration};
use cairn_provider::naming;
use cairn_provider::schema::catalogue::Catalogue;
use cairn_provider::schema::overlay::Overlay;
use ecow::EcoString;

use crate::{FACTS, services, unlisted};

/// For types of which nothing is declared.
static NOTHING: Overlay = Overlay::EMPTY;

/// What is declared of types, service by service.
pub fn declarations() -> impl Iterator<Item = &'static Declaration> {
    services::declarations()
}

/// What is declared of the types that can only be looked up, service by service.
pub fn look_up_declarations() -> impl Iterator<Item = &'static LookUpDeclaration> {
    services::look_up_declarations()
}

/// What is declared of a type, by its name in the language.
pub fn declaration(kind: &str) -> Option<&'static Declaration> {
    static BY_NAME: OnceLock<BTreeMap<EcoString, &'static Declaration>> = OnceLock::new();
    let by_name = BY_NAME.get_or_init(|| {
        let named = declarations().filter_map(|declared| Some((naming::aws_type(declared.vendor)?, declared)));
        named.collect()
    });
    if kind == unlisted::NAME { Some(&unlisted::DECLARATION) } else { by_name.get(kind).copied() }
}

/// What is declared of a type that can only be looked up.
pub fn look_up_declaration(kind: &str) -> Option<&'static LookUpDeclaration> {
    look_up_declarations().find(|declared| declared.name == kind)
}

/// The catalogue.
pub fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    for (name, facts) in FACTS {
        let overlay = declaration(name).map_or(&NOTHING, |declaration| &declaration.overlay);
        catalogue.add(name, facts, overlay);
    }
    catalogue.add(unlisted::NAME, unlisted::FACTS, &unlisted::DECLARATION.overlay);
    for declaration in look_up_declarations() {
        catalogue.add(declaration.name, declaration.facts, &declaration.overlay);
    }
    for declaration in crate::actions::action_declarations() {
        catalogue.add(declaration.name, declaration.facts, &declaration.overlay);
    }
    catalogue
}

#[cfg(test)]
mod tests {
    use super::{catalogue, declarations};

    #[test]
    fn every_type_can_be_built() {
        let catalogue = catalogue();
        assert!(catalogue.names().count() >= 145);
        for name in catalogue.names() {
            assert_eq!(catalogue.get(name).unwrap().name, name);
        }
    }

    #[test]
    fn every_declaration_is_of_a_type() {
        let catalogue = catalogue();
        for declaration in declarations() {
            let name = cairn_provider::naming::aws_type(declaration.vendor).unwrap();
            assert!(catalogue.contains(&name), "{}", declaration.vendor);
        }
    }
}
