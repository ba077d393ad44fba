import PatronClient
import ProtoWire

/// Encodes lines of NDJSON into requests, each limited in its number of records and bytes.
struct BatchAssembler: ~Copyable {
  /// Limit for a request in bytes. Servers accept 1 MiB; the rest is left for the envelope.
  static let maxRequestBytes = 1_000_000

  private let job: BatchJob
  private let maxCount: Int
  private var reader: LineReader
  /// An encoded item that did not fit the last batch, with its line number.
  private var held: (number: Int, text: [UInt8])?
  private let json: TimedJSON

  init(_ job: BatchJob, _ file: consuming InputFile, count: Int, _ times: Times) {
    self.job = job
    json = TimedJSON(times: times)
    maxCount = count
    reader = LineReader(file)
  }

  /// Size of the input in bytes, or nil if it is not a regular file.
  var inputSize: Int? { reader.file.size }

  /// Returns the next batch, or nil at the end of the input. Lines without a record become rejects.
  mutating func next() throws(LocalError) -> PreparedBatch? {
    var batch = emptyBatch()
    if let (number, text) = held {
      held = nil
      if let item = encode(text, number, &batch) { add(number, text, item, to: &batch) }
    }
    while batch.lines.count < maxCount, batch.rejects.count < 1000 {
      guard let line = try reader.next() else { break }
      let text = Array(line)
      if text.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
      let number = reader.lineNumber
      guard let item = encode(text, number, &batch) else { continue }
      guard batch.requestBytes + item.count + 8 <= Self.maxRequestBytes else {
        held = (number, text)
        break
      }
      add(number, text, item, to: &batch)
    }
    batch.bytesRead = reader.bytesRead
    return batch.lines.isEmpty && batch.rejects.isEmpty ? nil : batch
  }

  /// Encodes the lines of a batch again, after the store's zone became known.
  func remade(_ old: PreparedBatch) -> PreparedBatch {
    var batch = emptyBatch()
    batch.rejects = old.rejects
    batch.bytesRead = old.bytesRead
    for (number, text) in old.lines {
      if let item = encode(text, number, &batch) { add(number, text, item, to: &batch) }
    }
    return batch
  }

  private func emptyBatch() -> PreparedBatch {
    PreparedBatch(requestBytes: job.request([]).count)
  }

  private func add(_ number: Int, _ text: [UInt8], _ item: [UInt8], to batch: inout PreparedBatch) {
    batch.items.append(item)
    batch.requestBytes += item.count + 8
    batch.lines.append((number, text))
  }

  /// Returns the encoded record, or nil after adding a reject to the batch.
  private func encode(_ text: [UInt8], _ number: Int, _ batch: inout PreparedBatch) -> [UInt8]? {
    do throws(JSONError) {
      let item = try json.pack(job.item, text)
      if job.frame.count + item.count + 100 <= Self.maxRequestBytes { return item }
      batch.rejects.append(
        Self.reject(
          number,
          text,
          "RECORD_TOO_LARGE",
          "the record takes \(item.count) bytes; expected at most \(Self.maxRequestBytes)"
        )
      )
    } catch {
      var place = error
      place.line = 0
      let column = error.column > 0 ? "column \(error.column): " : ""
      batch.rejects.append(Self.reject(number, text, "JSON_INVALID", "\(column)\(place)"))
    }
    return nil
  }

  private static func reject(_ number: Int, _ text: [UInt8], _ reason: String, _ message: String)
    -> RejectedLine
  {
    let info = GoogleRPC.ErrorInfo.with {
      $0.reason = reason
      $0.domain = "patron"
    }
    let detail = (try? info.encoded()).map {
      StatusDetail(typeURL: "type.googleapis.com/google.rpc.ErrorInfo", value: $0)
    }
    return RejectedLine(
      number: number,
      error: RPCError(
        code: .invalidArgument,
        message: message,
        details: [detail].compactMap { $0 }
      ),
      input: text
    )
  }
}

/// Request ids, by which a server recognises a repeated request.
enum RequestID {
  /// Returns 32 random hexadecimal digits.
  static func make() -> String {
    var random = SystemRandomNumberGenerator()
    return (0..<2).map { _ in
      let digits = String(random.next(), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
