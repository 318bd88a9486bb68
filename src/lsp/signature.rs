//! The parameters of a function while its arguments are written.

use ls_types::{ParameterInformation, ParameterLabel, SignatureHelp, SignatureInformation, TextDocumentPositionParams};

use super::positions::Lines;
use super::server::{Reply, Server};
use crate::language::analysis;

/// The function whose arguments are written at a position.
pub fn help(server: &mut Server, at: &TextDocumentPositionParams) -> Reply {
    let uri = &at.text_document.uri;
    let Some((stack, _)) = server.workspace.of(&server.documents, uri) else { return Ok(None) };
    let Some(document) = server.documents.get(uri) else { return Ok(None) };
    let offset = Lines::new(&document.text, server.encoding).offset(at.position);
    let catalogue = std::sync::Arc::clone(&server.workspace.catalogue);
    let Some(stack) = server.workspace.stacks.get_mut(stack) else { return Ok(None) };
    let called = analysis::marked(&document.text, offset).into_iter().take(2).find_map(|marked| {
        let (program, source) = stack.load_with(&server.documents, &catalogue, document, &marked.text)?;
        analysis::called(&program, source, marked.at)
    });
    let Some(called) = called else { return Ok(None) };
    let parameters = called
        .parameters
        .iter()
        .map(|label| ParameterInformation { label: ParameterLabel::Simple(label.clone()), documentation: None })
        .collect();
    let value = called.documentation;
    let signature = SignatureInformation {
        label: called.label,
        documentation: (!value.is_empty()).then(|| server.client.documentation(value)),
        parameters: Some(parameters),
        active_parameter: u32::try_from(called.active).ok(),
    };
    server.reply(&SignatureHelp {
        signatures: vec![signature],
        active_signature: Some(0),
        active_parameter: u32::try_from(called.active).ok(),
    })
}
