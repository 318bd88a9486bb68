//! `cairn schema`: types, fields and services by either name, and examples that pass `cairn check`.

use cairn::language::describe;

use crate::literate::{HEADER, diagnose};
use crate::memory_files::MemoryFiles;
use crate::project::Project;

#[test]
fn a_type_is_shown_with_its_fields_and_rules() {
    let project = Project::empty();
    let text = project.expect(0, "schema aws.ec2.Subnet").out;
    for part in [
        "aws.ec2.Subnet  (AWS::EC2::Subnet)\n",
        "\nRequired\n  vpc: aws.ec2.Vpc ",
        "a change replaces; sends its vpc_id",
        "\nRead only\n",
        "`cidr_block` lies within `cidr_block` of `vpc`",
        "ec2:CreateSubnet",
        "    resource subnet = aws.ec2.Subnet {",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    assert_eq!(text, project.expect(0, "schema AWS::EC2::Subnet").out);
    for line in text.lines().take_while(|line| !line.starts_with("A subnet in one zone")) {
        assert!(line.chars().count() <= 96, "{line}");
    }
}

#[test]
fn fields_records_services_and_clouds_have_names() {
    let project = Project::empty();
    let field = project.expect(0, "schema aws.rds.DbInstance.backup_retention_period").out;
    assert!(field.contains("type: Duration") && field.contains("counted in days"), "{field}");
    assert_eq!(field, project.expect(0, "schema AWS::RDS::DBInstance.BackupRetentionPeriod").out);
    let record = project.expect(0, "schema aws.ec2.SecurityGroup.Ingress").out;
    assert!(record.starts_with("aws.ec2.SecurityGroup.Ingress\n") && record.contains("ip_protocol"), "{record}");
    let nested = project.expect(0, "schema aws.ec2.SecurityGroup.Ingress.cidr_ip").out;
    assert!(nested.contains("type: Cidr"), "{nested}");
    assert!(project.expect(0, "schema aws.ec2").out.contains("aws.ec2.Vpc "));
    assert!(project.expect(0, "schema aws").out.contains("aws.ec2 "));
    assert!(project.expect(0, "schema AWS::EC2").out.contains("aws.ec2.Vpc "));
    assert!(project.expect(0, "schema").out.contains("aws.ec2 "));
    assert!(project.expect(1, "schema DbCluster").err.contains("aws.docdb.DbCluster aws.rds.DbCluster"));
    assert!(project.expect(0, "schema Vpc").out.contains("AWS::EC2::VPC"));
}

#[test]
fn names_that_do_not_exist_have_a_neighbour() {
    let project = Project::empty();
    for (asked, near) in [
        ("aws.ec2.Subnett", "aws.ec2.Subnet"),
        ("aws.ecc2", "aws.ec2"),
        ("AWS::EC2::Subnett", "aws.ec2.Subnet"),
        ("aws.ec2.Subnet.cidr_blok", "cidr_block"),
        ("aws.ec2.SecurityGroup.Ingres", "Ingress"),
    ] {
        let said = project.expect(1, &format!("schema {asked}")).err;
        assert!(said.contains(&format!("did you mean {near}?")), "{asked}: {said}");
    }
    let said = project.expect(1, "schema aws.ec2.Subnet.cidr_block.x").err;
    assert!(said.contains("has no fields of its own: it is Cidr"), "{said}");
}

#[test]
fn programs_get_the_same() {
    let project = Project::empty();
    let page = project.json(0, "schema aws.ec2.Subnet");
    assert_eq!(page["format_version"], "1.0");
    assert_eq!(page["vendor"], "AWS::EC2::Subnet");
    let fields = page["records"][0]["fields"].as_array().unwrap();
    let vpc = fields.iter().find(|field| field["name"] == "vpc").unwrap();
    assert_eq!((&vpc["required"], &vpc["change"]), (&true.into(), &"replace".into()));
    assert_eq!(vpc["sends"][0]["attribute"], "vpc_id");
    assert_eq!(project.json(0, "schema aws.ec2.Subnet.cidr_block")["type"], "Cidr");
    assert!(project.json(0, "schema aws.ec2")["names"].as_array().unwrap().len() > 10);
}

/// Every type has an example that somebody wrote, or one that is put together; those of the second kind pass
/// `cairn check` unless a rule of the service is not in its schema.
#[test]
fn examples_from_schemas_pass_the_check() {
    let catalogue = cairn::registry::catalogue();
    let (mut count, mut wrong) = (0, Vec::new());
    for name in catalogue.names().filter(|name| cairn::registry::examples(name).is_empty()) {
        let schema = catalogue.get(name).unwrap();
        let source = describe::example(schema);
        let files = [("a.cairn".to_owned(), HEADER.to_owned()), ("b.cairn".to_owned(), source.clone())];
        let found = diagnose(&MemoryFiles(files.into_iter().collect()));
        count += 1;
        if !found.diagnostics.is_empty() {
            wrong.push(format!("── {name}\n{source}{}", found.rendered()));
        }
    }
    if let Some(file) = std::env::var_os("CAIRN_WRONG_EXAMPLES") {
        std::fs::write(file, wrong.join("\n")).unwrap();
    }
    assert!(count > 100, "only {count} types have no example of their own");
    assert!(wrong.len() * 100 <= count * 2, "{} of {count} do not pass\n{}", wrong.len(), wrong.concat());
}
