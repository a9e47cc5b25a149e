import Glibc
import Testing

@testable import Postgres

@Suite("The parts of a private cluster")
struct PrivateClusterPartsTests {
  @Test(
    "read postmaster.pid at any moment of its writing",
    arguments: [
      ("", nil), ("12", PostmasterFile(text: "12\n")), ("-12\n/data\n", nil), ("x\n", nil),
      ("12\n/data\n1700000000\n5432\n", PostmasterFile(text: "12\n")),
      ("12\n/data\n1700000000\n5432\n/tmp/lau", PostmasterFile(text: "12\n")),
      ("12\n/data\n1700000000\n5432\n\n\n", PostmasterFile(text: "12\n")),
    ] as [(String, PostmasterFile?)])
  func halfWritten(text: String, expected: PostmasterFile?) {
    #expect(PostmasterFile(text: text) == expected)
    #expect(expected?.socketFolder == nil)
    #expect(expected?.isReady != true)
  }

  @Test("read a complete postmaster.pid")
  func postmasterFile() {
    let file = PostmasterFile(text: "12\n/data\n1700000000\n5432\n/tmp/laurel-a\n\n  123 4\nready   \n")
    #expect(file?.process == 12)
    #expect(file?.socketFolder == "/tmp/laurel-a")
    #expect(file?.isReady == true)
  }

  @Test(
    "read PostgreSQL's release",
    arguments: [
      ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", 15), ("postgres (PostgreSQL) 18beta1\n", 18),
      ("postgres (PostgreSQL) 9.6.24\n", 9), ("", nil), ("no such file\n", nil),
    ] as [(String, Int?)])
  func release(text: String, expected: Int?) {
    #expect(PostgresPrograms.major(inVersion: text) == expected)
  }

  @Test("exclude each other through separate openings of a lock file, until one is closed")
  func lockFile() throws {
    let path = "/tmp/lock-\(getpid())-\(monotonicToken())"
    defer { unlink(path) }
    let other = try LockFile(path)
    do {
      let holder = try LockFile(path)
      try holder.lock(.shared)
      #expect(try other.tryLock(.shared))
      #expect(try !other.tryLock(.exclusive))
      holder.unlock()
      #expect(try other.tryLock(.exclusive))
      #expect(try !holder.tryLock(.shared))
      other.unlock()
      try holder.lock(.exclusive)
    }
    #expect(try other.tryLock(.exclusive))
  }

  @Test("start programs with the given descriptors and no others")
  func descriptors() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)  // not close-on-exec, as an unknown library might leave them
    defer { for end in ends { close(end) } }
    let input = try Subprocess.input("given\n")
    defer { close(input) }
    let listing = try Subprocess(arguments: ["/bin/sh", "-c", "echo /proc/self/fd/*"]).output()
    #expect(listing.status == 0)
    // The shell's own reading of the folder may be open as 3.
    #expect(
      listing.text.split(whereSeparator: \.isWhitespace).allSatisfy { "0123".contains($0.last!) && $0.count == 15 })
    let status = try Subprocess(
      arguments: ["/bin/sh", "-c", "read line <&3 && test \"$line\" = given"],
      descriptors: [ends[0], ends[1], ends[1], input]
    ).run()
    #expect(status == 0)
  }

  @Test("report how a program ended", arguments: [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137)])
  func status(script: String, expected: Int32) throws {
    #expect(try Subprocess(arguments: ["/bin/sh", "-c", script]).run() == expected)
  }
}

/// Something that no earlier run has used.
private func monotonicToken() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_nsec
}
