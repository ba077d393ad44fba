/// The record of a call that its jobs and their replies carry along.
package protocol JobNote: AnyObject, Sendable {}

/// The reply to a job.
package struct Reply: Sendable {
  package let token: ReplyToken
  /// The encoded response, or the reason why there is none: a ``StoreError`` or the handler's own
  /// error.
  package let result: Result<[UInt8], any Error>

  /// The note of the job.
  package let note: (any JobNote)?

  package init(
    _ token: ReplyToken,
    _ result: Result<[UInt8], any Error>,
    note: (any JobNote)? = nil
  ) {
    self.token = token
    self.result = result
    self.note = note
  }
}
