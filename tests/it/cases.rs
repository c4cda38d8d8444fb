//! Loading: idempotent, atomic, honest about loss.

use std::io::{Read, Write};
use std::process::Stdio;

use crate::support::{Home, REGISTRY, ROLE, audit_event};

fn audit(events: u32) -> String {
    (0..events).map(audit_event).collect()
}

#[test]
fn loading_the_same_bytes_twice_adds_nothing() {
    let home = Home::new();
    home.load("role.json", ROLE);
    home.load("audit.log", &audit(30));
    let before = home.json(&["case"]);
    home.load("audit.log", &audit(30));
    home.load("copy-under-another-name.log", &audit(30));
    assert_eq!(home.json(&["case"]), before);
    // Other bytes with the same events: the evidence is kept, the events are known.
    let done = home.load("overlap.log", &audit(31));
    assert!(done.stderr.contains("1 events kept, 30 events known before"), "{}", done.stderr);
}

#[test]
fn a_killed_load_leaves_the_case_as_it_was() {
    let home = Home::new();
    home.load("role.json", ROLE);
    let before = home.json(&["case"]);
    let findings = home.json(&["findings"]);
    let mut load = home
        .command(&["load", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = load.stdin.take().expect("standard input is piped");
    // Enough that some of it was certainly taken; the pipe stays open, so the load cannot finish.
    input.write_all(audit(20_000).as_bytes()).expect("the program reads its input");
    load.kill().expect("it can be killed");
    load.wait().expect("it ends");
    drop(input);
    assert_eq!(home.json(&["case"]), before);
    assert_eq!(home.json(&["findings"]), findings);
    // The next load is not in the way of what was left behind.
    home.load("audit.log", &audit(5));
    assert_eq!(home.json(&["case"])["summary"]["events"], 5);
}

#[test]
fn what_is_set_aside_is_counted_and_named() {
    let home = Home::new();
    let mixed = format!("{}{{\"kind\":\"Event\", broken\n{}", audit_event(1), audit_event(2));
    let done = home.load("mixed.log", &mixed);
    assert!(done.stderr.contains("2 events kept"), "{}", done.stderr);
    assert!(
        done.stderr.contains("of 3 documents 0 were kept with a problem and 1 set aside"),
        "{}",
        done.stderr
    );
    let problems = home.ok(&["problems"]).stdout;
    assert!(problems.contains("mixed.log") && problems.contains(":2"), "{problems}");
}

#[test]
fn compressed_evidence_is_read_and_kept_as_it_came() {
    let home = Home::new();
    let plain = audit(12);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(plain.as_bytes()).expect("memory can be written");
    let gzip = gzip.finish().expect("memory can be written");
    let zstd = zstd::encode_all(plain.as_bytes(), 1).expect("memory can be written");
    for (name, bytes) in [("audit.log.gz", gzip), ("audit.log.zst", zstd)] {
        let path = home.path().join(name);
        std::fs::write(&path, &bytes).expect("the home can be written");
        home.ok(&["load", path.to_str().expect("a plain path")]);
        assert_eq!(home.json(&["case"])["summary"]["events"], 12, "{name}");
        let digest = blake3::hash(&bytes).to_hex();
        let kept = home.case().join("evidence").join(&digest[..2]).join(format!("{digest}.zst"));
        let mut raw = Vec::new();
        zstd::Decoder::new(std::fs::File::open(kept).expect("the evidence is kept"))
            .and_then(|mut decoder| decoder.read_to_end(&mut raw))
            .expect("it decompresses");
        assert_eq!(raw, bytes, "{name} byte for byte");
    }
}

#[test]
fn a_case_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.load("role.json", ROLE);
    let mode = |path: &std::path::Path| {
        std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    };
    assert_eq!(mode(&home.case()), 0o700);
    home.load("registry.yaml", REGISTRY);
    let id = home.json(&["findings"])[0]["finding"]["id"].as_str().expect("a finding").to_owned();
    home.ok(&["note", &id, "look at this"]);
    assert_eq!(mode(&home.path().join("config/author.key")), 0o600);
}

#[test]
fn mistakes_say_what_where_and_what_next() {
    let home = Home::new();
    for (arguments, code, words) in [
        (&["load", "no/such/file"][..], 2, &["no/such/file", "hint"][..]),
        (&["findings"], 2, &["no case here", "hint"]),
        (&["show", "ffff"], 2, &["no case here"]),
    ] {
        let home = Home::new();
        let done = home.run(arguments);
        assert_eq!(done.code, code, "{arguments:?}: {}", done.stderr);
        for word in words {
            assert!(done.stderr.contains(word), "{arguments:?} lacks {word}: {}", done.stderr);
        }
    }
    home.load("audit.log", &audit(3));
    let done = home.run(&["search", "nosuchfield:x"]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("nosuchfield") && done.stderr.contains("hint"), "{}", done.stderr);
}
