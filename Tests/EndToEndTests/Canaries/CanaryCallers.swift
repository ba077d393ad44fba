import PatronClient
import TestKit
import Testing

/// The callers of a server with marked records, and all the ways in which their calls end.
struct CanaryCallers {
  let server: PatronServer
  /// The address on which the server speaks TLS and wants certificates of clients.
  let tlsAddress: String
  /// A key of the marked store, with all scopes.
  let owner: String
  /// Keys that get at nothing of the marked store: of another store, revoked, with one scope,
  /// unknown, with a secret of another.
  let others: [String]

  private static let store = "shop"

  /// The methods of Patron's services.
  private static let methods = Contract.services
    .filter { $0.name.hasPrefix("patron.") }.flatMap(\.methods)

  // MARK: The command line

  /// Calls as a person would make them, with marks in all that is written.
  func useCommands(in folder: TemporaryDirectory) async throws {
    func patron(_ arguments: [String]) async throws -> Finished {
      try await Programs.patron(
        arguments,
        at: server.address,
        environment: ["PATRON_KEY": owner, "PATRON_ON_BEHALF_OF": Canaries.person]
      )
    }
    for (method, request) in MarkedCalls.valid {
      let run = try await patron(["call", method, request])
      #expect(run.exit == .status(0), "\(method): \(run.errors)")
    }
    let table = try folder.write(
      "table.csv",
      "email,first_name\n\(Canaries.word).file@\(Canaries.word).example,\(Canaries.word)\n"
    )
    let file = ["--external-id", "\(Canaries.word)-7"]
    for arguments in [
      ["customers", "import", table],
      ["customers", "export", "-o", folder.file("customers.csv")],
      ["timeline", "export", "-o", folder.file("timeline.csv")] + file,
    ] {
      let run = try await patron(arguments)
      #expect(run.exit == .status(0), "\(arguments): \(run.errors)")
    }
    for (status, method, request) in MarkedCalls.refused {
      let run = try await patron(["call", method, request])
      #expect(run.exit == .status(status), "\(method): \(run.errors)")
    }
  }

  // MARK: Every method

  /// Sends marks to every method: as a caller with every right, with a part of them, and with none;
  /// whole, cut off in the middle, and with marks in the metadata. Returns what programs may log of
  /// the errors.
  func callEveryMethod() async throws -> [String] {
    var logged: [String] = []
    for key in [owner] + others + [""] {
      let answers = try await answers(to: key, store: Self.store, .marked)
      #expect(answers.count == Self.methods.count * 2)
      logged += answers.map(\.logged)
    }
    return logged
  }

  /// Returns all that the callers without a right get to see of requests without marks, errors
  /// with their details.
  func answersToOthers() async throws -> [String] {
    var seen: [String] = []
    for key in others + [""] {
      for store in [Self.store, "other", ""] {
        seen += try await answers(to: key, store: store, .plain).map(\.seen)
      }
    }
    return seen
  }

  /// The end of a call.
  private struct Answer {
    /// All that the caller gets.
    let seen: String
    /// The message and reason of an error, without the descriptions of violations, which show the
    /// caller's own value. Empty for a success.
    var logged = ""
  }

  private func answers(to key: String, store: String, _ texts: GeneratedRequest.Texts)
    async throws -> [Answer]
  {
    let known = key.isEmpty ? nil : try? ClientKey(key)
    let client = try server.client {
      $0.retry = .never
      $0.key = known
    }
    var metadata = Metadata()
    // The client does not send a key with another checksum by itself.
    if known == nil, !key.isEmpty { metadata.append("authorization", "Bearer \(key)") }
    if texts == .marked {
      metadata.append("\(Canaries.word)-header", Canaries.word)
      metadata.append("traceparent", "00-\(Canaries.word)-\(Canaries.word)-01")
    }
    let options = CallOptions(timeout: .seconds(5), metadata: metadata, retries: false)
    var answers: [Answer] = []
    for method in Self.methods {
      let type = try #require(MessageTypes.descriptor(named: method.requestType))
      let request = GeneratedRequest(type, in: store, texts).bytes
      let half = Array(request.prefix(request.count / 2))
      for bytes in texts == .marked ? [request, half] : [request] {
        answers.append(await Self.answer(client.channel, method.method, bytes, options))
      }
    }
    await client.close()
    return answers
  }

  private static func answer(
    _ channel: any ClientChannel,
    _ method: Method,
    _ request: [UInt8],
    _ options: CallOptions
  ) async -> Answer {
    do throws(RPCError) {
      let bytes: [UInt8]
      if method.kind == .unary {
        bytes = try await channel.unary(method, request, options)
      } else {
        let stream = try await channel.stream(method, request, options)
        bytes = try await stream.next() ?? []
        stream.cancel()
      }
      return Answer(seen: String(decoding: bytes, as: UTF8.self))
    } catch {
      let details = error.details.map { String(decoding: $0.value, as: UTF8.self) }.joined()
      let info = error.detail(GoogleRPC.ErrorInfo.self)
      let reason = [info?.reason, info?.domain].compactMap { $0 } + (info?.metadata ?? [:]).values
      return Answer(
        seen: "\(error)" + details,
        logged: "\(method.name): \(error) \(error.message) \(reason.joined(separator: " "))"
      )
    }
  }

  // MARK: Bytes

  /// Sends marks in what is no call, or none that exists.
  func sendBytes() async throws {
    let word = Canaries.word
    let upsert = RawFrames.upsert(word)
    let bearer = ("authorization", "Bearer \(word)")
    let inputs: [[UInt8]] = [
      RawFrames.request(1, "Upsert\(word)", upsert),
      RawFrames.request(1, "UpsertCustomer", upsert, service: "\(word).v1.Service"),
      RawFrames.request(1, "UpsertCustomer", upsert, metadata: [bearer, (word, word)]),
      RawFrames.request(1, "UpsertCustomer", upsert, metadata: [("authorization", word)]),
      RawFrames.request(1, "UpsertCustomer", Array(repeating: upsert, count: 1000).flatMap { $0 }),
      RawFrames.frame(1, stream: 1, Array(word.utf8)),
      RawFrames.frame(9, stream: 2, Array(word.utf8)),
      RawFrames.frame(1, stream: 1, length: 1 << 30, upsert),
      Array("GET /\(word)?email=\(Canaries.email) HTTP/1.1\r\nHost: \(word).example\r\n\r\n".utf8),
    ]
    let plainOfTLS = String(tlsAddress.dropFirst("tls://".count))
    for address in [server.address, plainOfTLS] {
      for input in inputs {
        let connection = try RawConnection(address)
        try await connection.send(input)
        connection.finishSending()
        while try await connection.receive() != nil {}
      }
    }
    // With a key, a request may be large; beyond the limit it is refused.
    let client = try server.client {
      $0.retry = .never
      $0.key = try? ClientKey(owner)
    }
    let large = WireBytes().repeating(2, Array(word.utf8), times: 200_000).bytes
    let method = CustomerService.upsertCustomer.method
    let answer = await Self.answer(client.channel, method, large, CallOptions(retries: false)).seen
    #expect(answer.contains("resourceExhausted") || answer.contains("RESOURCE_EXHAUSTED"))
    await client.close()
  }

  // MARK: Handshakes

  /// Ends handshakes of clients whose names are marks.
  func failHandshakes() async throws {
    let common = try TestCertificates.common()
    let certificates = TestCertificates()
    let stranger = try certificates.make(
      "stranger",
      .client,
      names: ["DNS:\(Canaries.word).example", "URI:patron://\(Canaries.word)"],
      authority: Canaries.word
    )
    let run = try await Programs.patron(
      ["customers", "list"],
      at: tlsAddress,
      environment: [
        "PATRON_TLS_CA": common.authority.certificate,
        "PATRON_TLS_CLIENT_CERT": stranger.certificate, "PATRON_TLS_CLIENT_KEY": stranger.key,
      ]
    )
    #expect(run.exit == .status(78), "\(run.errors)")
    withExtendedLifetime(certificates) {}
    let openssl = try #require(TestCertificates.openssl, "run dev/install --tests")
    let address = String(tlsAddress.dropFirst("tls://".count))
    for arguments in [
      ["-servername", "\(Canaries.word).example"], ["-alpn", Canaries.word],
    ] {
      _ = try await Programs.run(openssl, ["s_client", "-brief", "-connect", address] + arguments)
    }
  }
}
