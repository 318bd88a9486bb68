//! Types of no vendor, with every rule a schema or an overlay can state, so that the suites need no real service.

use std::sync::{Arc, OnceLock};

use cairn_provider::schema::Unit;
use cairn_provider::schema::catalogue::Catalogue;
use cairn_provider::schema::overlay::{Overlay, Range, Reference, Relation, Replacement, Values};

/// The catalogue of AWS with the sample types.
pub fn catalogue() -> Arc<Catalogue> {
    static CATALOGUE: OnceLock<Arc<Catalogue>> = OnceLock::new();
    Arc::clone(CATALOGUE.get_or_init(|| {
        let mut catalogue = cairn_aws::catalogue();
        catalogue.extend(cairn::builtins::action::catalogue());
        catalogue.add("aws.sample.Widget", WIDGET, &WIDGET_OVERLAY);
        catalogue.add("aws.sample.Front", FRONT, &FRONT_OVERLAY);
        catalogue.add("aws.sample.Photo", PHOTO, &Overlay::EMPTY);
        Arc::new(catalogue)
    }))
}

const WIDGET: &str = r#"{
  "type": "AWS::Sample::Widget",
  "id": ["WidgetId"],
  "tags": "Tags",
  "read_only": ["WidgetId", "Url", "Token", "Zones"],
  "required": ["Size"],
  "excludes": {"Color": ["Picture"], "Picture": ["Color"]},
  "requires": {"Border": ["Color"]},
  "properties": {
    "WidgetId": {},
    "Url": {},
    "Token": {},
    "Zones": {"type": "array", "items": {}},
    "Size": {"enum": ["small", "medium", "large"]},
    "WidgetName": {"pattern": "^[a-z][a-z0-9-]*$", "min_length": 3, "max_length": 20},
    "Color": {},
    "Picture": {},
    "Border": {},
    "Keep": {"type": "integer"},
    "Disk": {"type": "integer"},
    "Share": {"type": "integer"},
    "Weight": {"type": "number", "min": 0, "max": 1},
    "Low": {"type": "integer"},
    "High": {"type": "integer"},
    "Soft": {"type": "integer"},
    "Hard": {"type": "integer"},
    "Slot": {"type": "integer"},
    "Labels": {"type": "array", "items": {}, "min_items": 1, "max_items": 2},
    "Settings": {"type": "array", "items": {"ref": "Setting"}},
    "Parts": {"type": "array", "items": {"ref": "Part"}},
    "MainPart": {},
    "Source": {"ref": "Source"},
    "Password": {},
    "Legacy": {},
    "Document": {"type": "json"},
    "ParentId": {},
    "Tags": {"type": "array", "items": {"ref": "Tag"}}
  },
  "definitions": {
    "Tag": {"type": "object", "required": ["Key", "Value"], "properties": {"Key": {}, "Value": {}}},
    "Setting": {"type": "object", "properties": {"Key": {}, "Value": {}}},
    "Part": {"type": "object", "required": ["Id"], "properties": {"Id": {}, "Width": {"type": "integer"}}},
    "Source": {"type": "object", "one_of": ["File", "Link"], "properties": {"File": {}, "Link": {}}}
  }
}"#;

static WIDGET_OVERLAY: Overlay = Overlay {
    references: &[Reference { path: "ParentId", to: &[("AWS::Sample::Widget", "WidgetId")] }],
    units: &[("Keep", Unit::Days), ("Disk", Unit::Gibibytes), ("Share", Unit::Percent)],
    ranges: &[Range { path: "Keep", min: 0, max: 35, because: "Widgets are kept for at most 35 days" }],
    values: &[Values { path: "Size", known: &["small", "medium", "large"], open: false, noun: "widget size" }],
    keyed: &[("Settings", "Key", "Value")],
    sensitive: &["Token", "Password"],
    unsupported: &[("Legacy", "it was replaced by `color`")],
    relations: &[
        Relation::AtMost { lower: "Low", upper: "High" },
        Relation::Below { lower: "Soft", upper: "Hard", where_one_of: ("Size", &["small", "medium"]) },
        Relation::Unique { field: "Slot", per: "ParentId" },
        Relation::NamesPart { field: "MainPart", parts: &["Parts"], key: "Id", noun: "part" },
    ],
    replacement: Replacement::DestroyFirst,
    popular: &["Color", "Keep"],
    noun: "a widget",
    ..Overlay::EMPTY
};

const FRONT: &str = r#"{
  "type": "AWS::Sample::Front",
  "id": ["FrontId"],
  "read_only": ["FrontId"],
  "any_of": ["WidgetId", "Host"],
  "properties": {
    "FrontId": {},
    "Host": {},
    "WidgetId": {}
  }
}"#;

static FRONT_OVERLAY: Overlay = Overlay {
    references: &[Reference { path: "WidgetId", to: &[("AWS::Sample::Widget", "WidgetId")] }],
    relations: &[Relation::LivesIn { reference: "WidgetId", region: "us-east-1", because: "Fronts take widgets" }],
    noun: "a front",
    ..Overlay::EMPTY
};

const PHOTO: &str = r#"{
  "type": "AWS::Sample::Photo",
  "lookup_only": true,
  "id": ["PhotoId"],
  "properties": {
    "PhotoId": {},
    "PhotoName": {}
  }
}"#;
