internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtoWire
internal import ProtobufC
internal import TTRPC

/// The form in which customers are appended to an answer, by the view of the request. The stored
/// bytes are appended unchanged. In the full view the marketing statuses of the channels follow
/// them.
struct CustomerAppending {
  private let isFull: Bool
  private let reader: StoreReader
  private let now: Int64

  /// Creates the form for a view.
  ///
  /// - Throws: INVALID_ARGUMENT `ENUM_VALUE_UNKNOWN` for an unknown view.
  init(_ view: CustomerView, _ reader: StoreReader, at now: Int64) throws {
    isFull = view == .full
    self.reader = reader
    self.now = now
    guard view.rawValue > CustomerView.full.rawValue else { return }
    var violations = Violations()
    violations.checkKnown("view", view.rawValue, CustomerView.full.rawValue)
    try violations.finish()
  }

  /// Appends a customer as a field of an answer. `record` and `stats` are the two parts of one
  /// message.
  func append(
    _ record: RawSpan,
    _ stats: RawSpan,
    as field: Int,
    to response: inout ResponseBuffer
  ) throws {
    guard isFull else {
      return try response.appendStored(field, Customer.self, joining: record, stats)
    }
    let statuses = try statuses(of: [UInt8](copying: record))
    try append(record, stats, statuses, as: field, to: &response)
  }

  /// Appends a customer in the full view, with statuses that are already computed.
  func append(
    _ record: RawSpan,
    _ stats: RawSpan,
    _ statuses: ChannelStatuses,
    as field: Int,
    to response: inout ResponseBuffer
  ) throws {
    let channels = try Customer.with { $0.channels = statuses.marketing }.encoded()
    let rest = [UInt8](copying: stats) + channels
    response.appendField(field, joining: record, rest.span.bytes)
  }

  /// Computes the statuses of a stored customer's channels.
  func statuses(of record: [UInt8]) throws -> ChannelStatuses {
    try ChannelStatuses(of: Customer(stored: record), in: reader, at: now)
  }
}
