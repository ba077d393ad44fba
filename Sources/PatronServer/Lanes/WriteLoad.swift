/// The work and the memory of a write that waits for the writer.
package struct WriteLoad: Sendable {
  /// Items that the request changes; 1 for a single write.
  let items: Int
  /// Size of the request, in bytes.
  let requestBytes: Int
  /// Warnings and errors that were found in the items so far.
  let findings: Int

  package init(items: Int = 1, requestBytes: Int, findings: Int = 0) {
    self.items = items
    self.requestBytes = requestBytes
    self.findings = findings
  }

  /// Bytes of a request that cost as much as an item: about what the writer encodes and writes in
  /// the time of a small record.
  private static let bytesOfItem = 4096

  /// Returns the cost of some of the items, with their share of the bytes.
  func cost(of count: Int) -> Int {
    count + requestBytes / Self.bytesOfItem * count / max(1, items)
  }

  /// Memory of a checked item without its texts, in bytes: a customer's change is a few hundred
  /// bytes, with a record of the values beside it, and the job has closures and a context.
  private static let itemBytes = 2048
  /// Memory for each byte of a request: short texts take a multiple of their length as strings, in
  /// the record, and in the forms that are compared.
  private static let bytesForByte = 4
  /// Memory of a warning or an error: its path, its reason and a sentence.
  private static let findingBytes = 512

  /// Memory that the request takes while it waits, in bytes. An estimate on the safe side.
  var memory: Int {
    items * Self.itemBytes + requestBytes * Self.bytesForByte + findings * Self.findingBytes
  }
}

/// The extent of a batch, from which the lane decides if it is cut into pieces.
package struct BatchExtent: Sendable {
  let items: Int
  /// Warnings and errors that were found in the items so far.
  let findings: Int
  /// The most bytes that the answer can take; nil for a batch that must be one transaction.
  let maxAnswerBytes: Int?

  package init(items: Int, findings: Int, maxAnswerBytes: Int?) {
    self.items = items
    self.findings = findings
    self.maxAnswerBytes = maxAnswerBytes
  }
}
