import Foundation
import NIOPosix
import NIOSSL
import Synchronization
import TTRPC
import TestKit
import Testing

@testable import TTRPCNIO

/// The files of certificates: errors at the start, and replacement while the server runs.
@Suite(.timeLimit(.minutes(15))) struct TLSReloadTests {
  private let folder = TemporaryDirectory()
  private var settings: ServerTLS {
    ServerTLS(certificateFile: folder.file("cert"), keyFile: folder.file("key"))
  }

  /// Puts a certificate and its key where the server looks, one file after the other.
  private func install(_ pair: TestCertificates.Pair) throws {
    try put(pair.certificate, "cert")
    try put(pair.key, "key")
  }

  private func put(_ path: String, _ name: String) throws {
    try folder.copy(path, as: "new")
    #expect(rename(folder.file("new"), folder.file(name)) == 0)
  }

  private func permit(_ mode: Int, _ name: String) throws {
    let attributes: [FileAttributeKey: Any] = [.posixPermissions: mode]
    try FileManager.default.setAttributes(attributes, ofItemAtPath: folder.file(name))
  }

  private func error(_ settings: ServerTLS, now: Int? = nil) -> String {
    do throws(ListenError) {
      _ = try ServerCertificates(settings, now: now ?? ServerCertificates.now())
      return "none"
    } catch {
      return error.description
    }
  }

  // MARK: The start

  @Test func everyFileIsNeeded() throws {
    let common = try TestCertificates.common()
    #expect(error(settings).contains("certificate file \(folder.file("cert")) cannot be read"))
    try put(common.server.certificate, "cert")
    #expect(error(settings).contains("key file \(folder.file("key")) cannot be read"))
    try put(common.server.key, "key")
    #expect(error(settings) == "none")
    var both = settings
    both.clientCAFile = folder.path
    #expect(error(both).contains("client CA file \(folder.path) is no regular file"))
    both.clientCAFile = common.server.key
    #expect(error(both).contains("has no certificate that can be read"))
    both.clientCAFile = common.authority.certificate
    #expect(error(both) == "none")
  }

  @Test func whatTheFilesHoldIsTold() throws {
    let common = try TestCertificates.common()
    let made = TestCertificates()
    try install(common.server)
    try put(common.server.certificate, "key")
    #expect(error(settings).contains("has no private key that can be read"))
    try put(common.client.key, "key")
    #expect(error(settings).contains("does not belong to the first certificate"))
    try install(try made.make("old", days: -1))
    #expect(error(settings).contains("has expired on "))
    try install(common.server)
    #expect(error(settings, now: 86_400).contains("is valid from "))
    try folder.write("cert", String(repeating: "x", count: (1 << 20) + 1))
    #expect(error(settings).contains("larger than 1 MiB"))
  }

  @Test func aKeyWithAPassphraseIsRefusedAndNobodyIsAsked() throws {
    let common = try TestCertificates.common()
    try install(common.server)
    let openssl = try #require(TestCertificates.openssl, "run dev/install --tests")
    let outcome = try Tool.run(
      openssl,
      ["pkcs8", "-topk8", "-in", common.server.key, "-out", folder.file("key")]
        + ["-passout", "pass:secret"]
    )
    #expect(outcome.status == 0)
    #expect(error(settings).contains("without a passphrase"))
  }

  @Test(arguments: ["cert", "key", "ca"])
  func aFileThatEveryUserMayChangeIsRefused(_ name: String) throws {
    let common = try TestCertificates.common()
    try install(common.server)
    try put(common.authority.certificate, "ca")
    var settings = settings
    settings.clientCAFile = folder.file("ca")
    #expect(error(settings) == "none")
    let certificates = try ServerCertificates(settings)
    try permit(0o602, name)
    #expect(error(settings).contains("\(folder.file(name)) can be changed by every user"))
    #expect(certificates.check().allSatisfy { $0.contains("may read or replace") })
    #expect(certificates.check().contains { $0.contains("goes on with the files") })
    try permit(0o600, name)
    #expect(certificates.check().isEmpty)
    #expect(error(settings) == "none")
  }

  @Test func aKeyThatOthersCanReadIsTold() throws {
    let made = TestCertificates()
    let (first, second) = (try made.make("first"), try made.make("second"))
    try install(first)
    let certificates = try ServerCertificates(settings)
    #expect(certificates.check().isEmpty)
    for mode in [0o604, 0o640, 0o620] {
      try permit(mode, "key")
      let lines = certificates.check()
      #expect(lines.count == 1 && lines[0].contains("may read or replace the key"), "\(lines)")
      #expect(certificates.check().isEmpty, "it is told once")
      try permit(0o600, "key")
      #expect(certificates.check().isEmpty)
    }
    // Files that are written over keep their permissions, and are told again.
    try permit(0o604, "key")
    #expect(certificates.check().count == 1)
    try put(second.certificate, "cert")
    try put(second.key, "key")
    try permit(0o604, "key")
    let lines = certificates.check()
    #expect(lines.count == 2 && lines[0].contains("the files have changed"), "\(lines)")
    try permit(0o644, "cert")
    #expect(certificates.check().isEmpty, "a certificate is no secret")
  }

  @Test func aKeyOfRootIsForTheGroupOfTheServer() {
    func isExposed(_ mode: UInt32, owner: UInt32, server: UInt32) -> Bool {
      ServerCertificateFiles.isExposed(mode: 0o100_000 | mode, owner: owner, server: server)
    }
    #expect(!isExposed(0o600, owner: 7, server: 7))
    #expect(!isExposed(0o711, owner: 7, server: 7))
    #expect(isExposed(0o640, owner: 7, server: 7))
    #expect(!isExposed(0o640, owner: 0, server: 7))
    #expect(isExposed(0o640, owner: 0, server: 0))
    for mode in [0o604, 0o644, 0o660, 0o620] as [UInt32] {
      #expect(isExposed(mode, owner: 0, server: 7))
    }
  }

  // MARK: Replacement

  @Test func filesAreTakenWhenTheyFitEachOther() throws {
    let common = try TestCertificates.common()
    let made = TestCertificates()
    let (first, second) = (try made.make("first"), try made.make("second"))
    try install(first)
    let certificates = try ServerCertificates(settings)
    let context = certificates.context
    #expect(certificates.check().isEmpty)
    try put(second.certificate, "cert")
    #expect(certificates.check().isEmpty, "the key may be on its way")
    try put(second.key, "key")
    let lines = certificates.check()
    #expect(lines.count == 1 && lines[0].contains("the files have changed"), "\(lines)")
    #expect(certificates.context !== context)
    #expect(certificates.check().isEmpty)
    // A pair that stays broken is told once.
    try put(common.client.key, "key")
    let kept = certificates.context
    #expect(certificates.check().isEmpty)
    #expect(certificates.check().contains { $0.contains("goes on with the files") })
    #expect(certificates.check().isEmpty)
    try FileManager.default.removeItem(atPath: folder.file("key"))
    #expect(certificates.check().isEmpty)
    #expect(certificates.check().contains { $0.contains("cannot be read") })
    #expect(certificates.context === kept)
    try put(second.key, "key")
    #expect(certificates.check().isEmpty, "these are the files that it has")
    try put(first.key, "key")
    #expect(certificates.check().isEmpty)
    try put(first.certificate, "cert")
    #expect(certificates.check().count == 1)
  }

  @Test func anExpiryIsToldTwoWeeksAhead() throws {
    let common = try TestCertificates.common()
    try install(common.server)
    let certificates = try ServerCertificates(settings)
    let day = 86_400
    // The certificate was made for 30 days.
    let now = ServerCertificates.now()
    #expect(certificates.check(now: now + 15 * day).isEmpty)
    let first = certificates.check(now: now + 17 * day + 60)
    #expect(first.count == 1 && first[0].contains("in 12 days"), "\(first)")
    #expect(certificates.check(now: now + 17 * day + 3600).isEmpty)
    #expect(certificates.check(now: now + 18 * day + 60).count == 1)
    let last = certificates.check(now: now + 31 * day)
    #expect(last.count == 1 && last[0].contains("has expired on"), "\(last)")
  }

  @Test func datesAreThoseOfTheCalendar() {
    #expect(ServerCertificates.date(0) == "1970-01-01 00:00 UTC")
    #expect(ServerCertificates.date(1_835_364_300) == "2028-02-28 15:25 UTC")
    #expect(ServerCertificates.date(1_835_443_200) == "2028-02-29 13:20 UTC")
  }

  @Test func fiftyReplacementsUnderLoadFailNoCall() async throws {
    let made = TestCertificates()
    let pairs = [try made.make("odd"), try made.make("even")]
    try install(pairs[0])
    let settings = settings
    let tls = try await TLSTestServer.start(threads: 2) { tls, common in
      tls.certificateFile = settings.certificateFile
      tls.keyFile = settings.keyFile
      tls.watchInterval = .milliseconds(5)
    }
    let authority = try made.authority()
    let isOver = Flag()
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<2 {
        group.addTask {
          // One call on a connection that stays, one on a new connection.
          let steady = try await tls.client { $0.trustRoots = .file(authority.certificate) }
          var calls = 0
          while !isOver.isSet {
            let new = try await tls.client { $0.trustRoots = .file(authority.certificate) }
            #expect(try await TLSTestServer.echoes(new))
            await new.close()
            let stream = UInt32(calls * 2 + 1)
            steady.sendLater(ServerTestBytes.request(stream, ServerTestService.echo, [7]))
            #expect(try await steady.frame().payload == [7])
            calls += 1
            try await Task.sleep(for: .milliseconds(10))
          }
          await steady.close()
          return calls
        }
      }
      for index in 1...50 {
        try install(pairs[index % 2])
        for _ in 0..<60_000 where reloads(tls) < index {
          try await Task.sleep(for: .milliseconds(1))
        }
        #expect(reloads(tls) == index)
      }
      isOver.set()
      for try await calls in group { #expect(calls > 0) }
    }
    #expect(!tls.journal.all.contains { $0.contains("handshake") }, "\(tls.journal.all)")
    try await tls.waitUntilEmpty()
    await tls.server.shutdown()
  }

  @Test func aSessionEndsWithTheAuthorityOfItsClient() async throws {
    let common = try TestCertificates.common()
    let made = TestCertificates()
    let former = try made.make("former", .client, authority: "former authority")
    let authorities = [common.authority, try made.authority("former authority")]
    let texts = try authorities.map { try String(contentsOfFile: $0.certificate, encoding: .utf8) }
    let ca = try folder.write("ca", texts.joined())
    var limits = Limits()
    // The server ends silent connections, and so openssl, soon.
    limits.headerTimeoutMillis = 1000
    let tls = try await TLSTestServer.start(limits: limits) { tls, _ in
      tls.clientCAFile = ca
      tls.watchInterval = .milliseconds(5)
    }
    let show = ["-tls1_3", "-cert", former.certificate, "-key", former.key]
    let session = folder.file("session")
    let first = try tls.openssl(show + ["-sess_out", session])
    #expect(first.contains("New, TLSv1.3"), "\(first)")
    let resumed = try tls.openssl(show + ["-sess_in", session])
    #expect(resumed.contains("Reused, TLSv1.3"), "\(resumed)")
    #expect(!tls.journal.all.contains { $0.contains("handshake") }, "\(tls.journal.all)")
    try put(common.authority.certificate, "ca")
    _ = try await tls.line(with: "the files have changed")
    let late = try tls.openssl(show + ["-sess_in", session])
    #expect(!late.contains("Reused"), "\(late)")
    _ = try await tls.line(with: "is of an authority that the server does not know")
    #expect(try await TLSTestServer.getsIn { try await tls.client(showing: common.client) })
    await tls.server.shutdown()
  }

  @Test func noLoopReadsTheFiles() async throws {
    let common = try TestCertificates.common()
    try install(common.server)
    let journal = ServerTestService.Journal()
    var configuration = TTRPCServer.Configuration()
    var tls = settings
    tls.watchInterval = .milliseconds(5)
    configuration.tls = tls
    configuration.onNotice = { line in
      let isLoop = MultiThreadedEventLoopGroup.currentEventLoop != nil
      journal.write("\(isLoop ? "loop" : "thread"): \(line)")
    }
    let server = try await TTRPCServer.start(
      [.tls(host: "127.0.0.1", port: 0)],
      configuration: configuration
    ) { _ in ComposedDispatcher([]) }
    try install(try TestCertificates().make("second"))
    for _ in 0..<60_000 where !journal.all.contains(where: { $0.contains("have changed") }) {
      try await Task.sleep(for: .milliseconds(1))
    }
    #expect(!journal.all.isEmpty && journal.all.allSatisfy { $0.hasPrefix("thread: ") })
    await server.shutdown()
  }

  private func reloads(_ tls: TLSTestServer) -> Int {
    tls.journal.all.count(where: { $0.hasPrefix("notice TLS: the files have changed") })
  }

  private final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
  }
}
