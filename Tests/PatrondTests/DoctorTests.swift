import Foundation
import TestKit
import Testing

@testable import patrond

@Suite("Findings of the doctor")
struct DoctorTests {
  private static let mounts = MountTable(
    """
    22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
    30 22 0:40 / /srv rw - nfs4 server:/export rw
    31 22 0:41 / /srv/my\\040data rw - fuse.sshfs x rw
    32 22 0:42 / /var/lib/docker rw master:2 - overlay overlay rw
    33 22 0:43 / /tmp rw - tmpfs tmpfs rw
    rubbish
    """
  )

  @Test("the file system of the data directory")
  func fileSystems() {
    let expected: [(path: String, level: Finding.Level, type: String)] = [
      ("/var/lib/patron", .ok, "ext4"), ("/srv", .fail, "nfs4"), ("/srv/a", .fail, "nfs4"),
      ("/srv/my data/a", .warn, "fuse.sshfs"), ("/srvx", .ok, "ext4"),
      ("/var/lib/docker/a", .warn, "overlay"), ("/tmp/a", .warn, "tmpfs"),
    ]
    for (path, level, type) in expected {
      let finding = DiskChecks.fileSystem(Self.mounts.type(of: path))
      #expect(finding.level == level && finding.text.hasPrefix(type), "\(path): \(finding)")
    }
    #expect(DiskChecks.fileSystem("cifs").level == .fail)
    #expect(DiskChecks.fileSystem(nil).level == .warn)
  }

  @Test("free space against the database and the reserve")
  func space() {
    let gib = 1 << 30
    #expect(DiskChecks.space(free: 5 * gib, database: 2 * gib, reserve: 0).level == .ok)
    #expect(DiskChecks.space(free: 3 * gib, database: 2 * gib, reserve: 0).level == .warn)
    #expect(DiskChecks.space(free: 31 << 20, database: 0, reserve: 32 << 20).level == .fail)
  }

  @Test("times of flushes")
  func flushes() {
    #expect(DiskChecks.sync([]).level == .warn)
    #expect(DiskChecks.sync([900, 1000, 1200]).level == .ok)
    #expect(DiskChecks.sync(Array(repeating: 2, count: 200)).text.contains("power cut"))
    #expect(DiskChecks.sync([1000, 1000, 200_000]).level == .warn)
    let folder = TemporaryDirectory()
    #expect(!SyncProbe.measure(in: folder.path).isEmpty)
    let left = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(left == [])
    #expect(SyncProbe.measure(in: folder.file("none")).isEmpty)
  }

  @Test("open files against the connections")
  func openFiles() {
    func level(_ limit: Int) -> Finding.Level {
      MachineChecks.openFiles(
        OpenFiles(limit: limit),
        connections: 1024,
        threads: 1,
        readThreads: 4
      ).level
    }
    #expect(level(1_000_000) == .ok)
    #expect(level(1024) == .warn)
    #expect(level(64) == .fail)
  }

  @Test("memory against control groups and the machine")
  func memory() {
    let files = [
      "/proc/self/cgroup": "0::/a.slice/b.service\n",
      "/sys/fs/cgroup/a.slice/b.service/memory.max": "max\n",
      "/sys/fs/cgroup/a.slice/memory.max": "536870912\n",
      "/proc/meminfo": "MemTotal:       8388608 kB\nMemFree: 1 kB\n",
    ]
    let (group, machine) = (MemoryLimits.group { files[$0] }, MemoryLimits.machine { files[$0] })
    #expect(group == 512 << 20 && machine == 8 << 30)
    let none = MemoryLimits.group { _ in nil }
    #expect(none == nil)
    let bound = 1616 << 20
    #expect(MachineChecks.memory(bound: bound, group: nil, machine: 8 << 30).level == .ok)
    let small = MachineChecks.memory(bound: bound, group: 512 << 20, machine: 8 << 30)
    #expect(small.level == .warn && small.text.contains("--memory-mib 409"), "\(small)")
    #expect(MachineChecks.memory(bound: bound, group: nil, machine: nil).level == .warn)
  }

  @Test("the clock")
  func clock() {
    let now = 1_790_000_000
    #expect(MachineChecks.clock(now: now, newest: now - 5, isMonotonic: true).level == .ok)
    #expect(MachineChecks.clock(now: now, newest: now + 900, isMonotonic: true).level == .warn)
    #expect(MachineChecks.clock(now: 86_400, newest: nil, isMonotonic: true).level == .fail)
    #expect(MachineChecks.clock(now: now, newest: nil, isMonotonic: false).level == .fail)
  }

  @Test("versions of SQLite and of the schema, and tables of Litestream")
  func versions() {
    for (version, isAffected) in [
      ("3.6.23", false), ("3.7.0", true), ("3.40.1", true), ("3.51.2", true), ("3.51.3", false),
    ] {
      let finding = MachineChecks.sqlite(version)
      #expect(finding.level == .ok && finding.text.contains("checkpoint") == isAffected)
    }
    #expect(ServingChecks.schema(3, known: 19).level == .warn)
    #expect(ServingChecks.schema(19, known: 19).level == .ok)
    #expect(ServingChecks.litestream("").level == .ok)
    #expect(ServingChecks.litestream("_litestream_seq").level == .fail)
    #expect(ServingChecks.inUse(17).text.contains("process 17"))
  }

  @Test("the end of a certificate")
  func certificate() {
    let (now, day) = (1_790_000_000, 86_400)
    func level(_ days: Int) -> Finding.Level {
      ServingChecks.certificate("c", until: now + days * day, now: now).level
    }
    #expect(level(90) == .ok)
    #expect(level(3) == .warn)
    #expect(level(-1) == .fail)
  }

  @Test("permissions of the data, the key and the settings file")
  func permissions() throws {
    let folder = TemporaryDirectory()
    let files = FileManager.default
    func set(_ mode: Int, _ path: String) throws {
      try files.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }
    #expect(FileChecks.data(folder.file("none")).level == .ok)
    let database = try folder.write("patron.db", "")
    try set(0o600, database)
    try set(0o700, folder.path)
    #expect(FileChecks.data(folder.path).level == .ok)
    try set(0o644, database)
    let loose = FileChecks.data(folder.path)
    #expect(loose.level == .warn && loose.text.contains("patron.db (0644"), "\(loose)")
    try set(0o777, folder.path)
    #expect(FileChecks.data(folder.path).level == .fail)
    try set(0o700, folder.path)
    let modes: [(mode: Int, key: Finding.Level, settings: Finding.Level)] = [
      (0o600, .ok, .ok), (0o640, .ok, .ok), (0o644, .fail, .ok), (0o660, .warn, .warn),
    ]
    for (mode, key, settings) in modes {
      try set(mode, database)
      #expect(FileChecks.key(database).level == key)
      #expect(FileChecks.settings(database).level == settings)
    }
    #expect(FileChecks.key(folder.file("none")).level == .fail)
  }

  @Test("the worst finding counts")
  func order() {
    #expect([Finding.Level.warn, .ok, .fail].max() == .fail)
    #expect([Finding.Level.ok, .warn].max() == .warn)
  }
}
