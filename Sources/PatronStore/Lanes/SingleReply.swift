/// A sink for a single reply, which a thread can wait for.
final class SingleReply: ReplySink {
  private let result = Monitor<Result<[UInt8], any Error>?>(nil)

  func deliver(_ replies: [Reply]) {
    for reply in replies { result.update { $0 = reply.result } }
  }

  func wait() throws -> [UInt8] {
    guard let answer = result.wait({ $0 }) else { throw StoreError.closing }
    return try answer.get()
  }
}
