import ProtoWire

/// A renderer of a template that reuses its memory. Each thread has its own.
struct RequestRenderer: ~Copyable {
  private let template: RequestTemplate
  private var memory: [UInt8]
  /// The ends of the parts being written.
  private var ends: [Int]

  init(_ template: RequestTemplate) {
    self.template = template
    var (capacity, depth) = (256, 1)
    if case .program(let program) = template.form {
      (capacity, depth) = (program.capacity + 1, program.depth + 1)
    }
    memory = Array(repeating: 0, count: capacity)
    ends = Array(repeating: 0, count: depth)
  }

  /// Returns the encoded request with this number. Releasing it before the next call avoids a copy.
  ///
  /// - Throws: an error if the filled-in text is not valid JSON of the request. A precompiled
  /// template never throws.
  mutating func render(request: UInt64, worker: Int) throws(TemplateError) -> ArraySlice<UInt8> {
    switch template.form {
    case .program(let program):
      let start = template.write(program, request, worker, to: &memory, ends: &ends)
      return memory[start...]
    case .text(let text): return try read(text, request, worker)[...]
    }
  }

  private func read(
    _ text: TemplateText,
    _ request: UInt64,
    _ worker: Int
  ) throws(TemplateError) -> [UInt8] {
    let json = text.filled {
      text.digits($0, request: request, worker: worker, salts: template.salts)
    }
    return template.prefix + (try RequestTemplate.encode(json, as: template.message))
  }
}

extension RequestTemplate {
  /// Writes a request to the end of `memory` and returns where it begins. `ends` has room for where
  /// the parts end that are being written.
  fileprivate func write(
    _ program: borrowing RequestProgram,
    _ request: UInt64,
    _ worker: Int,
    to memory: inout [UInt8],
    ends: inout [Int]
  ) -> Int {
    var cursor = memory.count
    var depth = 0
    var elements = memory.mutableSpan
    var target = elements.mutableBytes
    let literals = program.literals.span.bytes
    for step in program.steps {
      switch step {
      case .literal(let range):
        cursor -= range.count
        target.copy(literals.extracting(range), at: cursor)
      case .value(let index):
        cursor = Digits.write(
          value(of: index, request: request, worker: worker),
          width: placeholders[index].width,
          to: &target,
          endingAt: cursor
        )
      case .mark:
        ends[depth] = cursor
        depth += 1
      case .length:
        depth -= 1
        let length = UInt64(ends[depth] - cursor)
        cursor -= Varint.byteCount(length)
        _ = Varint.write(length, to: &target, at: cursor)
      }
    }
    return cursor
  }
}
