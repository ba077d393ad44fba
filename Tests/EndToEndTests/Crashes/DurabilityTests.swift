import Foundation
import Glibc
import TestKit
import Testing

extension EndToEnd {
  /// Acknowledged writes are on disk, checked at the level of system calls: a killed process keeps
  /// its page cache, a power cut does not.
  @Suite(
    .enabled(
      if: Shim.isPossible && Tool.find("python3") != nil,
      "needs a C compiler and python3 with sqlite3"
    )
  )
  struct DurabilityTests {
    @Test("every acknowledged write is in every disk image", .timeLimit(.minutes(15)))
    func acknowledgedMeansOnDisk() async throws {
      let report = try await PowerCut().report(synchronous: "full", instants: 500, torn: 1)
      print("durability: \(report.text)")
      #expect(report.instants == 500 && report.images == 1000, "\(report.text)")
      #expect(report.late >= 500, "too few writes were due: \(report.text)")
      #expect(report.missing == 0 && report.damaged == 0, "\(report.text)")
    }

    @Test("the same test detects the losses of synchronous=off", .timeLimit(.minutes(15)))
    func withoutSyncsWritesAreLost() async throws {
      let report = try await PowerCut().report(synchronous: "off", instants: 100, torn: 0)
      print("durability, off: \(report.text)")
      #expect(report.late > 0)
      #expect(report.missing > 0, "the test cannot see a lost write: \(report.text)")
    }
  }
}

/// One server under the shim, with writes for a while.
private struct PowerCut {
  static let clients = 2
  static let writersPerClient = 4
  /// Number of acknowledged writes after which the writers stop.
  static let writes = 2400

  let scratch = TemporaryDirectory()
  var data: String { scratch.file("data") }

  /// Keeps the reserve on disk out of the images.
  static let noReserve = ["--disk-reserve-mib", "0"]

  /// The report of `audit.py`.
  struct Report: Decodable {
    var instants: Int
    var images: Int
    var acknowledged: Int
    var late: Int
    var missing: Int
    var damaged: Int
    var notes: [String]
    var seed: UInt64

    var text: String {
      "seed \(seed), \(instants) instants, \(images) images, \(acknowledged) acknowledged, "
        + "up to \(late) due, \(missing) missing, \(damaged) damaged \(notes.prefix(2))"
    }
  }

  func report(synchronous: String, instants: Int, torn: Int) async throws -> Report {
    let random = SeededRandom()
    // The empty database is on disk in any case, so anything missing was lost later.
    let first = try await PatronServer.start(data: data, flags: Self.noReserve)
    guard try await first.stop() == .status(0) else { throw HarnessError(first.errors) }
    let library = try await Shim.build("Tests/Durability/sync_shim.c", in: scratch)
    let server = try await PatronServer.start(
      data: data,
      // A small WAL is truncated often, so that the instants include checkpoints.
      flags: ["--synchronous", synchronous, "--max-log-mib", "1"] + Self.noReserve,
      environment: [
        "LD_PRELOAD": library, "SYNC_SHIM_DIR": data, "SYNC_SHIM_LOG": scratch.file("log"),
      ]
    )
    let acks = try await write(to: server)
    guard try await server.stop() == .status(0) else { throw HarnessError(server.errors) }
    let audit = try await Programs.run(
      Tool.find("python3") ?? "python3",
      [
        "-B", RepositoryRoot.file("Tests/Durability/audit.py"), scratch.file("log"),
        try scratch.write("acks", acks),
        scratch.file("images"), "--instants", "\(instants)", "--torn", "\(torn)",
        "--seed", "\(random.seed)",
      ],
      within: .seconds(200)
    )
    guard audit.exit == .status(0) else { throw HarnessError("audit.py: \(audit.errors)") }
    return try JSONDecoder().decode(Report.self, from: Data(audit.output.utf8))
  }

  /// Returns the acknowledged writes, one per line, in the format of `audit.py`.
  private func write(to server: PatronServer) async throws -> String {
    let writers = Self.clients * Self.writersPerClient
    var clients: [PowerCutClient] = []
    for _ in 0..<Self.clients { clients.append(try PowerCutClient(server)) }
    let lines = try await withThrowingTaskGroup(of: [String].self) { group in
      for writer in 0..<writers {
        let client = clients[writer % clients.count]
        group.addTask { try await client.write(as: writer, count: Self.writes / writers) }
      }
      return try await group.reduce(into: [String]()) { $0 += $1 }
    }
    for client in clients { await client.close() }
    return lines.joined(separator: "\n") + "\n"
  }
}
