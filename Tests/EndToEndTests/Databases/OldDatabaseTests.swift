import Foundation
import PatronProto
import ProtobufC
import TTRPC
import TestKit
import Testing

extension EndToEnd {
  /// Tests that databases of older versions open and answer as they did.
  @Suite struct OldDatabaseTests {
    /// `Tests/Field/version-14/make` made the database and recorded the answers with the programs
    /// of 0.1.0. `make --compare FOLDER` shows the differences as JSON.
    @Test("a database of schema version 14 answers byte by byte as before", .timeLimit(.minutes(5)))
    func answersTheSameBytes() async throws {
      let data = TemporaryDirectory()
      try data.copy(FieldFiles.path("version-14/patron.db"), as: "patron.db")
      let server = try await PatronServer.start(data: data.path)
      let connection = try RawConnection(server.address)
      var stream: UInt32 = 1
      for (index, cells) in FieldFiles.lines("version-14/answers.tsv").enumerated() {
        let name = "\(cells[0]), answer \(index + 1)"
        let recorded = try Answer(cells)
        let answer = try await Self.call(cells[0], try bytes(of: cells[1]), stream, on: connection)
        #expect(answer.status == recorded.status, "\(name)")
        #expect(answer.payloads == recorded.payloads, "\(name)")
        stream += 2
      }
      #expect(stream > 400, "there are few recorded answers")
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    /// Makes a call by hand, so that nothing decodes and encodes its bytes.
    private static func call(
      _ name: String,
      _ request: [UInt8],
      _ stream: UInt32,
      on connection: RawConnection
    ) async throws -> Answer {
      let methods = Contract.services.flatMap(\.methods).map(\.method)
      let method = try #require(methods.first { $0.name == name })
      let isStream = method.kind == .serverStreaming
      try await connection.send(
        RawFrames.request(
          stream,
          name,
          request,
          service: method.service,
          flags: isStream ? FrameFlags.remoteClosed.rawValue : 0
        )
      )
      var answer = Answer()
      while let frame = try await connection.receive() {
        try #require(frame.header.streamID == stream)
        if frame.header.type == .response {
          let fields = try ResponseEnvelope.fields(frame.body)
          answer.status = try Answer.withoutMessage(fields[1] ?? [])
          if answer.status.isEmpty, !isStream { answer.payloads = [fields[2] ?? []] }
          return answer
        }
        if !frame.header.flags.contains(.noData) { answer.payloads.append(frame.body) }
        if frame.header.flags.contains(.remoteClosed) { return answer }
      }
      throw HarnessError("the server closed the connection")
    }

    private struct Answer {
      /// The encoded status without its message, which may change; empty for OK.
      var status: [UInt8] = []
      var payloads: [[UInt8]] = []

      init() {}

      /// Decodes a line of answers.tsv.
      init(_ cells: [String]) throws {
        status = try bytes(of: cells[2])
        if status.isEmpty {
          payloads = try cells[3].split(separator: ",", omittingEmptySubsequences: false)
            .map { try bytes(of: String($0)) }
        }
      }

      static func withoutMessage(_ bytes: [UInt8]) throws -> [UInt8] {
        var status = try GoogleRPC.Status(decoding: bytes)
        status.message = ""
        return try status.encoded()
      }
    }
  }
}

/// Returns the bytes of a cell in base64.
private func bytes(of cell: String) throws -> [UInt8] {
  Array(try #require(Data(base64Encoded: cell)))
}
