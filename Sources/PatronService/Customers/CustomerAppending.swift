internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

/// How customers of a request's view are put into an answer: their stored bytes as they are, and in
/// the full view behind them what marketing each channel may be sent.
struct CustomerAppending {
  private let isFull: Bool
  private let reader: StoreReader
  private let now: Int64

  /// Throws INVALID_ARGUMENT `ENUM_VALUE_UNKNOWN` for a view that there is not.
  init(_ view: CustomerView, _ reader: StoreReader, at now: Int64) throws {
    isFull = view == .full
    self.reader = reader
    self.now = now
    guard view.rawValue > CustomerView.full.rawValue else { return }
    var violations = Violations()
    violations.checkKnown("view", view.rawValue, CustomerView.full.rawValue)
    try violations.finish()
  }

  /// Appends a customer as field 1 of an answer. `record` and `stats` are the two parts of one
  /// message.
  func append(
    _ record: UnsafeRawBufferPointer,
    _ stats: UnsafeRawBufferPointer,
    to response: inout ResponseBuffer
  ) throws {
    guard isFull else { return try response.appendStored(1, Customer.self, record, stats) }
    try append(record, stats, statuses(of: record), to: &response)
  }

  /// Appends a customer in the full view, whose channels are known already.
  func append(
    _ record: UnsafeRawBufferPointer,
    _ stats: UnsafeRawBufferPointer,
    _ statuses: ChannelStatuses,
    to response: inout ResponseBuffer
  ) throws {
    let channels = try Customer.with { $0.channels = statuses.marketing }.encoded()
    (Array(stats) + channels).withUnsafeBytes { response.appendMessage(1, record, $0) }
  }

  /// Computes what the channels of a stored customer may be sent.
  func statuses(of record: UnsafeRawBufferPointer) throws -> ChannelStatuses {
    try ChannelStatuses(of: Customer(stored: Array(record)), in: reader, at: now)
  }
}
