use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use uuid::Uuid;

use super::feed::Feed;
use super::*;
use crate::model::{Effect, FlowRunRef};

fn header() -> Header {
    Header {
        run_id: Uuid::now_v7(),
        ..Header::for_test()
    }
}

/// The totals that a reader reads after the header.
fn totals(reader: &mut JournalReader) -> Vec<u32> {
    std::iter::from_fn(|| reader.blocking_next())
        .filter_map(|entry| match entry {
            Entry::Effect(effect) => match *effect {
                Effect::Total(total) => Some(total),
                _ => None,
            },
            Entry::Header(_) => None,
        })
        .collect()
}

fn in_folder(dir: &Path) -> JournalWriter {
    let header = header();
    JournalWriter::begin(JournalFolder::at(dir).create(header.run_id), &header)
}

#[test]
fn every_reader_reads_everything_at_its_own_pace() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = in_folder(dir.path());
    let mut early = writer.reader();
    assert!(matches!(early.try_next(), Some(Entry::Header(_))));
    assert!(early.try_next().is_none());
    let waiting = std::thread::spawn(move || totals(&mut early));
    writer.append([Effect::Total(1), Effect::Total(2)]);
    let mut late = writer.reader();
    writer.append([Effect::Total(3)]);
    let rewound = late.rewound();
    drop(writer);
    assert_eq!(waiting.join().unwrap(), [1, 2, 3]);
    assert_eq!(totals(&mut late), [1, 2, 3]);
    assert_eq!(totals(&mut rewound.unwrap()), [1, 2, 3]);
    assert!(late.is_closed());
}

/// A disk that does not answer while there is a sender.
struct Hanging(Receiver<()>, fs_err::File);

impl Write for Hanging {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _ = self.0.recv();
        self.1.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.1.flush()
    }
}

#[test]
fn a_disk_that_hangs_holds_neither_the_run_nor_the_readers() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = in_folder(dir.path());
    let path = writer.path().unwrap().to_path_buf();
    writer.append([Effect::Total(1)]);
    let mut reader = writer.reader();
    let (hanging, answers) = channel();
    let file = fs_err::OpenOptions::new().append(true).open(&path);
    writer.go_on_with(Hanging(answers, file.unwrap()));
    writer.append([Effect::Total(2)]);
    writer.append([Effect::Total(3)]);
    let read: Vec<_> = std::iter::from_fn(|| reader.try_next()).collect();
    assert_eq!(read.len(), 1 + 3);
    assert_eq!(totals(&mut JournalReader::open(&path).unwrap()), [1]);
    assert_eq!(writer.problem(), None);

    // The end of the run does not wait for ever, and then the journal counts as one that cannot be written.
    writer.close(Duration::ZERO);
    assert_eq!(writer.problem().unwrap(), "the disk does not answer");
    let mut late = writer.reader();
    drop(hanging);
    drop(writer);
    assert_eq!(totals(&mut late), [1, 2, 3]);
    assert_eq!(totals(&mut JournalReader::open(&path).unwrap()), [1, 2, 3]);
}

#[test]
fn entries_that_cannot_be_written_stay_in_memory() {
    let header = header();
    // Every write to it fails, as on a full disk.
    let full = || fs_err::OpenOptions::new().write(true).open("/dev/full");
    let mut writer = JournalWriter::begin(full(), &header);
    writer.append([Effect::Total(7)]);
    assert!(writer.problem().is_some());
    let mut reader = writer.reader();
    drop(writer);
    assert!(matches!(reader.blocking_next(), Some(Entry::Header(_))));
    assert_eq!(totals(&mut reader), [7]);

    let dir = tempfile::tempdir().unwrap();
    let mut writer = in_folder(dir.path());
    writer.append([Effect::Total(5)]);
    writer.go_on_with(full().unwrap());
    writer.append([Effect::Total(6)]);
    let mut reader = writer.reader();
    drop(writer);
    assert!(reader.problem().is_some());
    assert_eq!(totals(&mut reader), [5, 6]);

    let read_only = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let mut writer = JournalWriter::begin(Err(read_only), &header);
    writer.append([Effect::Total(8)]);
    assert!(writer.problem().is_some() && writer.path().is_none());
    let mut reader = writer.reader();
    drop(writer);
    assert_eq!(totals(&mut reader), [8]);
}

#[test]
fn an_incomplete_last_line_is_skipped() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = in_folder(dir.path());
    writer.append([Effect::Total(1)]);
    let path = writer.path().unwrap().to_path_buf();
    drop(writer);
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap();
    file.write_all(br#"{"effect":{"total":"#).unwrap();
    drop(file);
    assert_eq!(totals(&mut JournalReader::open(&path).unwrap()), [1]);
}

#[test]
fn the_folder_is_private_ignored_by_git_and_keeps_ten() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join(JOURNAL_DIR);
    let paths: Vec<_> = (0..12)
        .map(|_| in_folder(&at).path().unwrap().to_path_buf())
        .collect();
    let mode = std::fs::metadata(&paths[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(
        std::fs::read_to_string(at.join(".gitignore")).unwrap(),
        "*\n"
    );
    let folder = JournalFolder::at(&at);
    assert!(folder.trim().is_empty(), "Prefect lacks none of them");
    let kept: Vec<bool> = paths.iter().map(|path| path.exists()).collect();
    assert_eq!(kept, [vec![false; 2], vec![true; 10]].concat());
    folder.discard(&paths[11]);
    assert!(!paths[11].exists());
}

#[test]
fn journals_of_other_runs_do_not_displace_reported_ones() {
    let dir = tempfile::tempdir().unwrap();
    let folder = JournalFolder::at(dir.path());
    let mut reported = header();
    reported.flow = FlowRunRef::owned(Uuid::nil());
    let journal = JournalWriter::begin(folder.create(reported.run_id), &reported);
    let path = journal.path().unwrap().to_path_buf();
    drop(journal);
    for _ in 0..12 {
        in_folder(dir.path());
    }
    assert!(folder.trim().is_empty());
    assert!(path.exists());
    assert_eq!(folder.journals().unwrap().len(), 10 + 1);
}

#[test]
fn deleting_a_journal_that_prefect_lacks_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    let folder = JournalFolder::at(dir.path());
    let paths: Vec<_> = (0..11)
        .map(|_| {
            let mut reported = header();
            reported.flow = FlowRunRef::owned(Uuid::nil());
            let journal = JournalWriter::begin(folder.create(reported.run_id), &reported);
            journal.path().unwrap().to_path_buf()
        })
        .collect();
    assert_eq!(folder.trim(), paths[..1]);
    assert_eq!(folder.journals().unwrap(), paths[1..]);
}

#[test]
fn a_journal_that_is_being_written_is_not_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join(JOURNAL_DIR);
    let long_run = in_folder(&at);
    for _ in 0..11 {
        in_folder(&at);
    }
    let folder = JournalFolder::at(&at);
    let _ = folder.trim();
    assert!(long_run.path().unwrap().exists());
    assert_eq!(std::fs::read_dir(&at).unwrap().count(), 11 + 1);
    let path = long_run.path().unwrap().to_path_buf();
    drop(long_run);
    in_folder(&at);
    let _ = folder.trim();
    assert!(!path.exists());
}

#[test]
fn a_stored_journal_is_locked_by_one_process() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join(JOURNAL_DIR);
    let writer = in_folder(&at);
    let path = writer.path().unwrap().to_path_buf();
    assert_eq!(JournalFolder::at(&at).journals().unwrap()[..], [&*path]);
    assert!(StoredJournal::lock(&path).unwrap().is_none());
    drop(writer);
    let taken = StoredJournal::lock(&path).unwrap().unwrap();
    assert!(StoredJournal::lock(&path).unwrap().is_none());
    taken.delete().unwrap();
    assert!(StoredJournal::lock(&path).unwrap().is_none());
}

proptest::proptest! {
    #[test]
    fn any_bytes_can_be_read_as_a_journal(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.jsonl");
        std::fs::write(&path, &bytes).unwrap();
        let mut reader = JournalReader::open(&path).unwrap();
        while reader.blocking_next().is_some() {}
    }
}

#[test]
fn nothing_is_written_through_a_symlink() {
    let dir = tempfile::tempdir().unwrap();
    let folder = JournalFolder::at(dir.path().join("journals"));
    let elsewhere = dir.path().join("elsewhere");
    fs_err::create_dir(folder.dir()).unwrap();
    std::os::unix::fs::symlink(&elsewhere, folder.dir().join(".gitignore")).unwrap();
    folder.make().unwrap();
    assert!(!elsewhere.exists());
}
