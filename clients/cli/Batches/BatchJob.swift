import PatronClient

/// The request of a batch command: the method, the type of its records, and their common fields.
struct BatchJob: Sendable {
  /// The results of one call.
  struct Answer: Sendable {
    var results: [BatchItemResult]
    var counts: BatchCounts

    init(_ results: [BatchItemResult], _ counts: BatchCounts?) {
      self.results = results
      self.counts = counts ?? BatchCounts()
    }
  }

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
  let decode: @Sendable ([UInt8]) throws(CodecError) -> Answer

  init(
    noun: String,
    method: Method,
    item: MessageDescriptor,
    itemField: Int,
    requestIDField: Int? = nil,
    frame: [UInt8],
    decode: @escaping @Sendable ([UInt8]) throws(CodecError) -> Answer
  ) {
    self.noun = noun
    self.method = method
    self.item = item
    self.itemField = itemField
    self.requestIDField = requestIDField
    self.frame = frame
    self.decode = decode
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
  /// The lines of the items, in the order of the request.
  var lines: [(number: Int, text: [UInt8])] = []
  /// The encoded request.
  var request: [UInt8] = []
  /// Lines that could not be encoded.
  var rejects: [RejectedLine] = []
  /// Bytes of the input up to the end of this batch.
  var bytesRead = 0
}
