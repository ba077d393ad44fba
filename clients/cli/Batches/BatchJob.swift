import PatronClient

/// What a batch command sends: which method, which records, and what is common to all of them.
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

  /// One record, in words: `order`.
  let noun: String
  let method: Method
  /// The type of a line.
  let item: MessageDescriptor
  /// The number of the repeated field that holds the records.
  let itemField: UInt32
  /// The number of the field `request_id`, for methods that are only then safe to repeat.
  let requestIDField: UInt32?
  /// The encoded request without records.
  let frame: [UInt8]
  let decode: @Sendable ([UInt8]) throws(CodecError) -> Answer

  init(
    noun: String,
    method: Method,
    item: MessageDescriptor,
    itemField: UInt32,
    requestIDField: UInt32? = nil,
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

/// A line that could not be sent or that the server refused.
struct RejectedLine: Sendable {
  var number: Int
  var error: RPCError
  var input: [UInt8]
}

/// One call's worth of lines, encoded.
struct PreparedBatch: Sendable {
  /// The lines behind the items, in the order of the request.
  var lines: [(number: Int, text: [UInt8])] = []
  /// The encoded request.
  var request: [UInt8] = []
  /// Lines that are no records.
  var rejects: [RejectedLine] = []
  /// Bytes of the input up to the end of this batch.
  var bytesRead = 0
}
