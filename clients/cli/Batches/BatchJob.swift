import PatronClient
import ProtoWire

/// The request of a batch command: the method, the type of its records, and their common fields.
struct BatchJob: Sendable {
  /// The word for one record in messages, such as `order`.
  let noun: String
  let method: Method
  /// The message type of a line.
  let item: MessageDescriptor
  /// Field number of the repeated field for the records.
  let itemField: Int
  /// Field number of `request_id`, for methods that can only be repeated safely with it.
  let requestIDField: Int?
  /// The encoded request, without records.
  let frame: [UInt8]
  let decode: @Sendable ([UInt8]) throws(CodecError) -> [BatchItemResult]

  init(
    noun: String,
    method: Method,
    item: MessageDescriptor,
    itemField: Int,
    requestIDField: Int? = nil,
    frame: [UInt8],
    decode: @escaping @Sendable ([UInt8]) throws(CodecError) -> [BatchItemResult]
  ) {
    self.noun = noun
    self.method = method
    self.item = item
    self.itemField = itemField
    self.requestIDField = requestIDField
    self.frame = frame
    self.decode = decode
  }

  /// Returns the encoded request of one call for encoded records.
  func request(_ items: ArraySlice<[UInt8]>) -> [UInt8] {
    var request = frame
    if let requestIDField { request.appendField(requestIDField, text: RequestID.make()) }
    for item in items { request.appendField(itemField, bytes: item) }
    return request
  }
}

/// A line that could not be sent or that the server rejected.
struct RejectedLine: Sendable {
  var number: Int
  var error: RPCError
  var input: [UInt8]
}

/// The encoded lines of one call.
struct PreparedBatch: Sendable {
  /// The lines of the items, in the same order.
  var lines: [(number: Int, text: [UInt8])] = []
  /// The encoded records.
  var items: [[UInt8]] = []
  /// The largest size of the request, in bytes.
  var requestBytes: Int
  /// Lines that could not be encoded.
  var rejects: [RejectedLine] = []
  /// Bytes of the input up to the end of this batch.
  var bytesRead = 0
}
