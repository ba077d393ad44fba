internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtoWire
internal import ProtobufC
internal import TTRPC

/// The outcome of a request: its answer without the records, which a repeat reads again.
struct AnswerOutcome {
  /// The number of bytes of the response before the outcome: those of the records.
  var start: Int
  /// The customers that the answer is about, at most two. The stored outcome is removed when one of
  /// them is erased.
  var customers: [Int64] = []
  /// The event in the answer.
  var event: Int64?
}

/// The fields of an answer that hold records, and the field of its warnings.
struct RecordFields {
  /// The fields of the outcome's customers, in their order.
  var customers: [Int] = []
  /// The field of the outcome's event.
  var event: Int?
  var warnings: Int?

  /// Appends the records of a stored outcome as they are now. A customer that was merged is the
  /// remaining one. A record that does not exist any more is left out.
  func append(_ answer: KeptAnswer, _ reader: StoreReader, to response: inout ResponseBuffer) throws
  {
    for (field, id) in zip(customers, answer.customers) {
      guard let row = try reader.customerRow(.id(id)) else { continue }
      response.appendCustomer(field, row)
    }
    if let event, let id = answer.event, let row = try reader.event(id: id) {
      var stored = try Event(stored: row.body)
      try EventTitles(reader).complete(&stored)
      try response.appendMessage(event, stored)
    }
  }

  /// Returns the form in which an outcome is stored. Warnings are as many as the request has
  /// mistakes, so those of a large outcome are only counted.
  func kept(_ outcome: [UInt8]) throws -> [UInt8] {
    guard outcome.count > FirstAnswers.maxOutcomeBytes, let warnings else { return outcome }
    var reader = ProtoReader(outcome.span.bytes)
    var rest = ResponseBuffer()
    var count = 0
    do throws(WireError) {
      while true {
        let start = reader.offset
        guard let tag = try reader.nextTag() else { break }
        try reader.skip(tag)
        if tag.field == warnings {
          count += 1
        } else {
          rest.append(reader[start..<reader.offset])
        }
      }
    } catch {
      throw StoreError(error)
    }
    if count > 0 { try rest.appendMessage(warnings, Warning.leftOut(count)) }
    return rest.takeBytes()
  }
}
