/// The reason why an envelope or an extension body could not be read.
public enum EnvelopeError: Error, Sendable, Equatable {
  /// A length or a number runs past the end of the frame.
  case truncated
  /// A varint of more than ten bytes.
  case varintTooLong
  /// Field number 0, an unknown wire type or an unmatched end of group.
  case badTag
  /// The named field holds bytes that are not UTF-8.
  case notUTF8(field: String)
  /// More metadata bytes than the limit.
  case metadataTooLarge(limitBytes: Int)
  /// More metadata pairs than the limit.
  case tooManyMetadata(limit: Int)
}

extension EnvelopeError: CustomStringConvertible {
  /// One line for people, as the end of a sentence: "it ends in the middle of a field".
  public var description: String {
    switch self {
    case .truncated: "it ends in the middle of a field"
    case .varintTooLong: "a number takes more than ten bytes"
    case .badTag: "a field has an invalid tag"
    case .notUTF8(let field): "\(field) is not valid UTF-8"
    case .metadataTooLarge(let limit):
      "metadata take more than \(limit) bytes (\(Limits.flag(for: \.metadataBytes)))"
    case .tooManyMetadata(let limit):
      "more than \(limit) metadata pairs (\(Limits.flag(for: \.metadataPairs)))"
    }
  }
}
