/// The reply to a job.
package struct Reply: Sendable {
  package let token: ReplyToken
  /// The encoded response, or the reason why there is none: a ``StoreError`` or the handler's own
  /// error.
  package let result: Result<[UInt8], any Error>

  package init(_ token: ReplyToken, _ result: Result<[UInt8], any Error>) {
    self.token = token
    self.result = result
  }
}
