import TestKit
import Testing

@testable import TTRPC

/// The limit of answers, ``Limits/answerBytes``.
struct AnswerLimitTests {
  /// The largest answer that a dispatcher may give is also the largest that the connection sends.
  @Test(arguments: [0, 1])
  func theLastByteThatFits(_ excess: Int) throws {
    var limits = Limits()
    limits.responseBytes = 4096
    var connection = ServerConnection(
      id: 1,
      table: MethodTable([.test(.unary)]),
      limits: limits,
      gauge: CallGauge(),
      now: .now
    )
    let call = ServerCallState(kind: .unary, deadline: nil)
    connection.insert(1, call)
    connection.complete(1, .success([UInt8](repeating: 7, count: limits.answerBytes + excess)))
    let bytes = connection.output.takeAll()
    let frame = bytes.withUnsafeBytes { bytes -> (length: Int, failed: Bool)? in
      guard case .frame(let frame) = Frame.parse(bytes, maxLength: 1 << 20) else { return nil }
      return (Int(frame.header.length), (try? ResponseView(decoding: frame.body))?.error != nil)
    }
    let sent = try #require(frame)
    #expect(sent.failed == (excess > 0))
    #expect(sent.length <= limits.responseBytes)
  }
}
