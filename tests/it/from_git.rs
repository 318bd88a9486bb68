//! Components from repositories: fetched, locked, vendored; and repositories that want more than that.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::project::{Ended, Project};

/// A repository in a directory of its own, as a server holds it.
pub struct Repository {
    directory: tempfile::TempDir,
    path: PathBuf,
}

impl Repository {
    pub fn new(name: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("example.org").join(name);
        std::fs::create_dir_all(&path).unwrap();
        let repository = Self { directory, path };
        repository.git(&["init", "--quiet", "--initial-branch=main", "."]);
        repository
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "core.protectNTFS=false"])
            .args(arguments)
            .current_dir(&self.path)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            // The same content is the same commit, whenever it is made.
            .env("GIT_AUTHOR_DATE", "2027-01-01T00:00:00Z")
            .env("GIT_COMMITTER_DATE", "2027-01-01T00:00:00Z")
            .env("HOME", self.directory.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn write(&self, name: &str, content: &[u8]) {
        let path = self.path.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Commits everything under a tag; an existing tag is moved.
    pub fn tag(&self, tag: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", tag]);
        self.git(&["tag", "--force", "--annotate", "--message", tag, tag]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// A commit with one entry under a name and a mode that a work tree could not hold.
    fn tag_of_tree(&self, tag: &str, entries: &str) {
        let tree = self.fed(&["mktree", "--missing"], entries);
        self.tag_of(tag, &tree);
    }

    fn tag_of(&self, tag: &str, tree: &str) {
        let commit = self.git(&["commit-tree", tree, "-m", tag]);
        self.git(&["tag", "--force", tag, &commit]);
    }

    fn fed(&self, arguments: &[&str], input: &str) -> String {
        use std::io::Write as _;
        let mut child = Command::new("git")
            .args(arguments)
            .current_dir(&self.path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A project whose repositories are fetched from here.
    fn project(&self, source: &str) -> Project {
        self.serve(Project::with(source))
    }

    /// Lets a project fetch from here.
    pub fn serve(&self, project: Project) -> Project {
        project
            .variable("CAIRN_GIT_MIRROR", &format!("file://{}", self.directory.path().display()))
            .variable("PATH", &std::env::var("PATH").unwrap())
    }
}

const CACHE: &str = "component Cache\ninput size: Int\noutput size: Int = size * 2\n";

const STACK: &str = "stack shop { cairn: \"1\" }\n\
                     import Cache from \"git:example.org/parts@v1.0.0/cache.cairn\"\n\
                     resource cache = Cache { size: 21 }\n\
                     output size = cache.size\n";

fn says(ended: &Ended, words: &str) {
    let all = format!("{}{}", ended.out, ended.err);
    let folded = all.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(folded.contains(words), "{words:?} is not in\n{all}");
}

#[test]
fn a_component_is_fetched_once_and_locked() {
    let repository = Repository::new("parts");
    repository.write("cache.cairn", CACHE.as_bytes());
    let commit = repository.tag("v1.0.0");
    let project = repository.project(STACK);
    says(&project.expect(1, "check"), "cairn update");
    says(&project.expect(0, "update"), "cairn.lock written");
    let lock = project.read("cairn.lock");
    assert!(lock.contains("[component.cache]\ngit = \"example.org/parts\"\ntag = \"v1.0.0\""), "{lock}");
    assert!(lock.contains(&commit) && lock.contains("[tool]"), "{lock}");
    project.expect(0, "check");
    says(&project.expect(0, "apply --sandbox --yes"), "size = 42");
    says(&project.expect(0, "update"), "cairn.lock is as it was");
    // Without the repository everything but an update works, and from vendor/ even without what was fetched.
    drop(repository);
    project.expect(0, "check");
    says(&project.expect(0, "vendor"), "1 component in vendor/");
    std::fs::remove_dir_all(project.path().join(".cairn/imports")).unwrap();
    project.expect(0, "check");
    says(&project.expect(1, "update"), "example.org/parts at v1.0.0");
    assert_eq!(project.read("cairn.lock"), lock);
    std::fs::remove_dir_all(project.path().join("vendor")).unwrap();
    says(&project.expect(1, "check"), "cairn::imports::not_fetched");
}

#[test]
fn a_moved_tag_is_refused_until_it_is_accepted() {
    let repository = Repository::new("parts");
    repository.write("cache.cairn", CACHE.as_bytes());
    let before = repository.tag("v1.0.0");
    let project = repository.project(STACK);
    project.expect(0, "update");
    let lock = project.read("cairn.lock");
    repository.write("cache.cairn", CACHE.replace("* 2", "* 3").as_bytes());
    let after = repository.tag("v1.0.0");
    let refused = project.expect(1, "update").err;
    let expected = format!(
        "cairn::imports::changed\n\n  × This component is not the one in cairn.lock\n   ╭─[stack.cairn:2:42]\n \
         1 │ stack shop {{ cairn: \"1\" }}\n 2 │ import Cache from \"git:example.org/parts@v1.0.0/cache.cairn\"\n   \
         ·                                          ───┬──\n   \
         ·                                             ╰── this tag now points to commit {}; cairn.lock recorded {}\n \
         3 │ resource cache = Cache {{ size: 21 }}\n   ╰────\n  \
         help: tags can be moved by whoever owns the repository. Nothing of the new content was\n        \
         evaluated.\n        to see what changed: cairn diff-import Cache        to accept it: cairn update Cache\n",
        &after[..7],
        &before[..7]
    );
    assert!(refused.starts_with(&expected), "{refused}\n{expected}");
    assert_eq!(project.read("cairn.lock"), lock);
    let difference = project.expect(2, "diff-import Cache").out;
    assert!(difference.contains("-output size: Int = size * 2") && difference.contains("+output size: Int = size * 3"));
    says(&project.expect(0, "update Cache"), "cache example.org/parts v1.0.0");
    assert!(project.read("cairn.lock").contains(&after));
    says(&project.expect(0, "apply --sandbox --yes"), "size = 63");
    says(&project.expect(0, "diff-import Cache"), "has the content that cairn.lock recorded");
}

#[test]
fn a_copy_that_was_edited_is_not_used() {
    let repository = Repository::new("parts");
    repository.write("cache.cairn", CACHE.as_bytes());
    repository.tag("v1.0.0");
    let project = repository.project(STACK);
    project.expect(0, "update");
    project.expect(0, "vendor");
    let copy = "vendor/example.org/parts/@v1.0.0/cache.cairn";
    // Other line ends are the same content.
    project.write(copy, &CACHE.replace('\n', "\r\n"));
    project.expect(0, "check");
    project.write(copy, &CACHE.replace("* 2", "* 3"));
    let refused = project.expect(1, "check");
    says(&refused, "cairn::imports::changed");
    says(&refused, "vendor/example.org/parts/@v1.0.0 has other content");
    project.write(copy, CACHE);
    project.write("vendor/example.org/parts/@v1.0.0/more.cairn", "let more = 1\n");
    project.expect(1, "check");
    project.expect(0, "vendor");
    project.expect(0, "check");
    #[cfg(unix)]
    {
        let link = project.path().join("vendor/example.org/parts/@v1.0.0/link.cairn");
        std::os::unix::fs::symlink("/etc/passwd", link).unwrap();
        says(&project.expect(1, "check"), "cairn::imports::changed");
    }
}

#[test]
fn components_of_components_share_the_highest_minimum() {
    let repository = Repository::new("parts");
    repository.write("cache.cairn", CACHE.as_bytes());
    repository.tag("v1.0.0");
    repository.write("cache.cairn", CACHE.replace("* 2", "* 10").as_bytes());
    repository.tag("v1.2.0");
    repository.write("cache.cairn", CACHE.replace("* 2", "* 100").as_bytes());
    repository.tag("v1.10.0");
    let other = repository.directory.path().join("example.org/service");
    std::fs::create_dir_all(&other).unwrap();
    let service = Repository { directory: tempfile::tempdir().unwrap(), path: other };
    service.git(&["init", "--quiet", "--initial-branch=main", "."]);
    service.write(
        "service.cairn",
        b"component Service\nimport Cache from \"git:example.org/parts@v1.2.0\"\nresource cache = Cache { size: 1 }\n\
          output size: Int = cache.size\n",
    );
    service.tag("v3.0.0");
    let project = repository.project(&format!(
        "{STACK}import Service from \"git:example.org/service@v3.0.0\"\nresource service = Service {{ }}\n\
         output service_size = service.size\n"
    ));
    project.expect(0, "update");
    let lock = project.read("cairn.lock");
    // Nobody asks for v1.10.0, though it is there.
    assert!(
        lock.contains("tag = \"v1.2.0\"") && lock.contains("tag = \"v3.0.0\"") && !lock.contains("v1.10.0"),
        "{lock}"
    );
    let applied = project.expect(0, "apply --sandbox --yes");
    says(&applied, "size = 210");
    says(&applied, "service_size = 10");
}

#[test]
fn repositories_that_want_more_are_refused() {
    let repository = Repository::new("parts");
    repository.write("cache.cairn", CACHE.as_bytes());
    repository.tag("v0.1.0");
    let blob = repository.git(&["rev-parse", "v0.1.0:cache.cairn"]);
    let target = repository.fed(&["hash-object", "-w", "--stdin"], "/etc/passwd");
    let file = |mode: &str, object: &str, name: &str| format!("{mode} blob {object}\t{name}\n");
    repository.tag_of_tree("v1.0.0", &file("120000", &target, "cache.cairn"));
    let commit = repository.git(&["rev-parse", "v0.1.0^{commit}"]);
    repository.tag_of_tree("v1.0.1", &format!("160000 commit {commit}\tsub\n{}", file("100644", &blob, "cache.cairn")));
    repository.tag_of_tree("v1.0.2", &file("100644", &blob, "a\\b.cairn"));
    repository.tag_of_tree(
        "v1.0.3",
        &format!("{}{}", file("100644", &blob, "Cache.cairn"), file("100644", &blob, "cache.cairn")),
    );
    // One file in a thousand directories of a thousand directories: small to send, and too much to write.
    let mut tree = repository.fed(&["mktree"], &file("100644", &blob, "cache.cairn"));
    for _ in 0..4 {
        let many: String = (0..60).map(|number| format!("040000 tree {tree}\td{number:02}\n")).collect();
        tree = repository.fed(&["mktree"], &many);
    }
    repository.tag_of("v1.0.4", &tree);
    let large = "x".repeat(10 * 1024 * 1024 + 1);
    let object = repository.fed(&["hash-object", "-w", "--stdin"], &large);
    repository.tag_of_tree("v1.0.5", &file("100644", &object, "cache.cairn"));
    let six: String = (0..6)
        .map(|number| {
            let object = repository.fed(&["hash-object", "-w", "--stdin"], &format!("{number}{}", &large[2..]));
            file("100644", &object, &format!("cache{number}.cairn"))
        })
        .collect();
    repository.tag_of_tree("v1.0.6", &six);
    let mut deep = repository.fed(&["mktree"], &file("100644", &blob, "cache.cairn"));
    for _ in 0..25 {
        deep = repository.fed(&["mktree"], &format!("040000 tree {deep}\td\n"));
    }
    repository.tag_of("v1.0.7", &deep);
    for (tag, said) in [
        ("v1.0.0", "cache.cairn is a symbolic link"),
        ("v1.0.1", "sub is a submodule"),
        ("v1.0.2", "a name with a character that not every system has"),
        ("v1.0.3", "differ only in capitals"),
        ("v1.0.4", "more than"),
        ("v1.0.5", "larger than 10 MiB"),
        ("v1.0.6", "larger than 50 MiB together"),
        ("v1.0.7", "more than 20 directories deep"),
        ("v9.9.9", "there is no such tag"),
    ] {
        let project = repository.project(&STACK.replace("v1.0.0", tag));
        let refused = project.expect(1, "update");
        says(&refused, &format!("example.org/parts at {tag}"));
        says(&refused, said);
        assert!(
            !project.path().join("cairn.lock").exists() && !project.path().join(".cairn/imports").exists(),
            "{tag}"
        );
        assert!(left(&project.path().join(".cairn")).is_empty(), "{tag}");
    }
    let nowhere = repository.project(&STACK.replace("org/parts", "org/nothing"));
    says(&nowhere.expect(1, "update"), "example.org/nothing at v1.0.0");
}

/// A tree with `..` or an absolute name, which git itself writes only if it is made to.
#[test]
fn names_that_lead_elsewhere_are_refused() {
    let repository = Repository::new("parts");
    repository.write("cache.cairn", CACHE.as_bytes());
    repository.tag("v0.1.0");
    let object = repository.git(&["rev-parse", "v0.1.0:cache.cairn"]);
    for (number, name) in ["..", "../x", ".git", "/etc", "a/../../x"].iter().enumerate() {
        let mut tree = format!("100644 {name}\0").into_bytes();
        tree.extend((0..20).map(|at| u8::from_str_radix(&object[at * 2..at * 2 + 2], 16).unwrap()));
        let raw = repository.directory.path().join("tree");
        std::fs::write(&raw, &tree).unwrap();
        let raw = raw.to_str().unwrap();
        let tree = repository.git(&["hash-object", "-t", "tree", "-w", "--literally", raw]);
        let tag = format!("v1.0.{number}");
        repository.tag_of(&tag, &tree);
        let project = repository.project(&STACK.replace("v1.0.0", &tag));
        says(&project.expect(1, "update"), &format!("example.org/parts at {tag}"));
        assert!(!project.path().join("cairn.lock").exists(), "{name}");
    }
}

/// Nothing of a repository, of the environment or of a user's settings makes git run something.
#[test]
fn nothing_is_run() {
    let repository = Repository::new("parts");
    repository.write("cache.cairn", CACHE.as_bytes());
    repository.write(".gitattributes", b"*.cairn filter=lfs export-subst\n");
    repository.tag("v1.0.0");
    let mark = repository.directory.path().join("run");
    let script = repository.directory.path().join("script");
    std::fs::write(&script, format!("#!/bin/sh\ntouch {}\n", mark.display())).unwrap();
    let project = repository
        .project(STACK)
        .variable("GIT_SSH_COMMAND", script.to_str().unwrap())
        .variable("GIT_TRACE", repository.directory.path().join("trace").to_str().unwrap())
        .variable("GIT_PROXY_COMMAND", script.to_str().unwrap())
        .variable("GIT_CONFIG_COUNT", "1")
        .variable("GIT_CONFIG_KEY_0", "core.fsmonitor")
        .variable("GIT_CONFIG_VALUE_0", script.to_str().unwrap())
        .variable("GIT_DIR", "/nowhere");
    project.expect(0, "update");
    project.expect(0, "check");
    assert!(!mark.exists() && !repository.directory.path().join("trace").exists());
}

#[test]
fn a_broken_lock_is_said_where_it_is_broken() {
    let repository = Repository::new("parts");
    let project = repository.project(STACK);
    project.write("cairn.lock", "[component.cache]\ngit = \"example.org/parts\"\n<<<<<<< ours\n");
    for command in ["check", "update", "vendor", "plan --sandbox"] {
        says(&project.expect(1, command), "cairn.lock:3");
    }
    for command in ["check", "plan --sandbox"] {
        says(&project.expect(1, command), "cairn::imports::lock");
    }
    // Values of the lock become paths: what is none of those it writes is refused.
    let (commit, digest) = ("5".repeat(40), "7".repeat(64));
    for (git, sha256) in [("example.org/../../x", digest.as_str()), ("example.org/parts", "../../../etc")] {
        project.write(
            "cairn.lock",
            &format!(
                "[component.cache]\ngit = \"{git}\"\ntag = \"v1.0.0\"\ncommit = \"{commit}\"\nsha256 = \"{sha256}\"\n"
            ),
        );
        says(&project.expect(1, "check"), "cairn.lock:1");
    }
}

const PINNED: &str = "stack shop {\n  cairn: \"1\"\n  environments: [\"dev\", \"production\"]\n}\n\
                      import aws\n\
                      provider eu = aws.Target { region: \"eu-central-1\" }\n\
                      lookup image = aws.ec2.Image { owner: \"amazon\", name: \"al2023-*\", most_recent: true }\n\
                      output image = image.image_id\n";

#[test]
fn a_pin_is_what_a_plan_uses() {
    let project = Project::with(PINNED);
    let image = |project: &Project, env: &str| {
        let applied = project.expect(0, &format!("apply --env {env} --sandbox --yes")).out;
        applied.split("image = \"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let found = image(&project, "dev");
    says(&project.expect(0, "update image --env dev --sandbox"), &format!("image dev {found} new"));
    assert!(project.read("cairn.lock").contains(&format!("[pin.dev.image]\nvalue = \"{found}\"\n")));
    assert_eq!(image(&project, "dev"), found);
    // The other environment keeps the one it was reviewed with, and has none yet.
    let refused = project.expect(1, "plan --env production --sandbox");
    let expected = format!(
        "cairn::phase::pin_missing\n\n  × `image` has no pinned value for production\n   ╭─[stack.cairn:7:8]\n \
         6 │ provider eu = aws.Target {{ region: \"eu-central-1\" }}\n \
         7 │ lookup image = aws.ec2.Image {{ owner: \"amazon\", name: \"al2023-*\", most_recent: true }}\n   \
         ·        ──┬──\n   \
         ·          ╰── its value can change at any time, so each environment keeps the one it was reviewed with\n \
         8 │ output image = image.image_id\n   ╰────\n  \
         help: cairn update image --env production        writes the value of today into cairn.lock\n        \
         dev has a pin: {found}\n"
    );
    assert!(refused.err.starts_with(&expected), "{}\n{expected}", refused.err);
    says(&project.expect(1, "check"), "`image` has no pinned value for production");
    project.expect(0, "update image --env production --sandbox");
    project.expect(0, "check");
    says(&project.expect(1, "update imag --sandbox"), "did you mean image?");
    says(&project.expect(0, "update image --sandbox"), "as before");
}

#[test]
fn another_catalogue_is_said_in_the_first_line() {
    let project = Project::with(PINNED);
    project.expect(0, "update image --sandbox");
    let first = |ended: Ended| ended.out.lines().next().unwrap().to_owned();
    assert!(!first(project.expect(0, "plan --env dev --sandbox")).contains("catalogues"));
    let lock = project.read("cairn.lock");
    let digest = lock.split("aws = \"").nth(1).unwrap().split('"').next().unwrap();
    project.write("cairn.lock", &lock.replace(digest, &"0".repeat(64)));
    let plan = project.expect(0, "plan --env dev --sandbox");
    says(&plan, "not with the catalogues of cairn.lock (cairn ");
    assert!(first(plan).contains("not with the catalogues"), "the first line does not say it");
}

/// What a command left behind in the directory of Cairn.
fn left(directory: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
