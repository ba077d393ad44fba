import Testing

/// Tests that few places read bytes, and that they name fields instead of numbering them.
@Suite("Bytes")
struct ByteTests {
  /// Modules whose task is memory: TTRPC's buffers, the C libraries and the shared reader and
  /// writer. TTRPCNIO hands bytes between NIO's buffers and TTRPC's.
  private static let memoryModules = [
    "Sources/TTRPC", "Sources/TTRPCNIO", "Sources/ProtobufC", "Sources/SQLite",
    "Sources/ProtoWire",
  ]

  /// Files that hand memory to a system call, with the reason why no span can stand for it.
  private static let systemCalls = [
    "BackupFile.swift": "bytes, which read and write take by their address",
    "BackupFolder.swift": "the name in a dirent, an array of characters",
    "Monitor.swift": "pthread_mutex_t and pthread_cond_t, which must not move",
    "NotifySocket.swift": "sockaddr_un, which sendto takes as a sockaddr",
    "StandardError.swift": "bytes, which write takes by their address",
  ]

  /// The code of every file outside the modules for memory, with its file.
  private static let files = Repository.files(ending: ".swift", under: ["Sources", "clients"])
    .filter { file in !memoryModules.contains { file.path.hasPrefix($0 + "/") } }
    .map { (file: $0, code: Repository.code[$0.path] ?? []) }

  @Test("Pointers stay where memory is the task")
  func pointersStayInTheirPlaces() {
    var needed: Set<String> = []
    for (file, code) in Self.files {
      for (index, line) in code.enumerated() where Self.namesPointer(line) {
        needed.insert(file.name)
        let isKnown = Self.systemCalls[file.name] != nil
        #expect(isKnown, "\(file):\(index + 1) uses a pointer; use Span, RawSpan or ProtoReader")
      }
    }
    let exceptions = Set(Self.systemCalls.keys)
    #expect(exceptions.subtracting(needed).sorted() == [], "exceptions that nothing needs")
  }

  @Test("Fields of messages are named, not numbered")
  func fieldsAreNamed() {
    for (file, code) in Self.files {
      let readsFields = code.contains { $0.contains("ProtoReader") }
      for place in Self.numberedFields(code, readsFields: readsFields) {
        Issue.record(
          "\(file):\(place.line) names a field by its number, \(place.text); use `Field`"
        )
      }
    }
  }

  @Test("Pointers and numbers are recognised")
  func tellsThemApart() {
    for line in [
      "_ bytes: UnsafeRawBufferPointer", "var p: UnsafeMutablePointer<UInt8>?",
      "bytes.withUnsafeBytes { $0 }", "withUnsafeTemporaryAllocation(of: Int.self) {",
      "let x = unsafeBitCast(y, to: Int.self)",
    ] { #expect(Self.namesPointer(line), "\(line)") }
    for line in ["await withUnsafeContinuation {", "bytes.span.bytes", "value.unsafelyUnwrapped"] {
      #expect(!Self.namesPointer(line), "\(line)")
    }
    for line in [
      "out.appendField(3, varint: x)", "response.appendMessage(1, body)", "out.appendByte(0x0A)",
      "itemField: 2,", "add(number: x, field: 1)", "case (4, .bytes(let range)):",
      "case 3, 4:", "if field == 5 {", "guard tag.field != 1 else {",
    ] { #expect(Self.numberedFields([line], readsFields: true).count == 1, "\(line)") }
    #expect(Self.numberedFields(["x.appendField(", "  12,"], readsFields: false).count == 1)
    for line in [
      "out.appendField(Customer.Field.email, text: x)", "list.append(3)", "case (0, let x):",
      "case (Customer.Field.email, .bytes(let range)):", "fields == 3", "case .x: 3",
      "batch.appendField(job.itemField, bytes: item)", "let field: Int = index",
    ] { #expect(Self.numberedFields([line], readsFields: true).isEmpty, "\(line)") }
    #expect(Self.numberedFields(["case 3: 4"], readsFields: false).isEmpty)
  }

  private static func namesPointer(_ line: String) -> Bool {
    let names = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    return names.contains { name in
      name.hasPrefix("Unsafe") && name.hasSuffix("Pointer") || name == "OpaquePointer"
        || name.hasPrefix("withUnsafe") && !name.hasSuffix("Continuation")
        || name == "unsafeBitCast"
    }
  }

  /// Returns literals in the place of field numbers: as the first argument of a function that
  /// appends to a message, as an argument `field`, and, in files that read fields, in comparisons
  /// and cases.
  private static func numberedFields(
    _ code: [String],
    readsFields: Bool
  ) -> [(line: Int, text: String)] {
    var found: [(line: Int, text: String)] = []
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    for (index, line) in code.enumerated()
    where line.hasSuffix("(") || line.utf8.contains(where: digits.contains) {
      // An argument may be on the line after its parenthesis.
      let next = index + 1 < code.count ? code[index + 1] : ""
      let call = line.hasSuffix("(") ? line + next.drop { $0 == " " } : line
      var match = call.firstMatch(of: #/append[A-Z]\w*\(\d\w*/#)?.output
      match = match ?? line.firstMatch(of: #/(?:field|Field): \d+/#)?.output
      if readsFields {
        match = match ?? line.firstMatch(of: #/case \(\d+, \.\w+/#)?.output
        match = match ?? line.firstMatch(of: #/case \d+(?:, \d+)*:/#)?.output
        match = match ?? line.firstMatch(of: #/(?:field|Field) [!=<>]=? \d+/#)?.output
      }
      if let match { found.append((index + 1, String(match))) }
    }
    return found
  }
}
