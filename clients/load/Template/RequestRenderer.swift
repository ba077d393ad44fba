/// A renderer of a template that reuses its memory. Each thread has its own.
struct RequestRenderer: ~Copyable {
  private let template: RequestTemplate
  private var memory: UnsafeMutableBufferPointer<UInt8>
  /// The ends of the parts being written.
  private let ends: UnsafeMutableBufferPointer<UnsafeMutablePointer<UInt8>>

  init(_ template: RequestTemplate) {
    self.template = template
    var (capacity, depth) = (256, 1)
    if case .program(let program) = template.form {
      (capacity, depth) = (program.capacity + 1, program.depth + 1)
    }
    memory = .allocate(capacity: capacity)
    ends = .allocate(capacity: depth)
  }

  deinit {
    memory.deallocate()
    ends.deallocate()
  }

  /// Returns the encoded request with this number. The bytes are valid until the next call.
  ///
  /// - Throws: an error if the filled-in text is not valid JSON of the request. A precompiled
  /// template never throws.
  mutating func render(request: UInt64, worker: Int) throws(TemplateError)
    -> UnsafeRawBufferPointer
  {
    switch template.form {
    case .program(let program): return write(program, request, worker)
    case .text(let text): return try read(text, request, worker)
    }
  }

  private func write(
    _ program: borrowing RequestProgram,
    _ request: UInt64,
    _ worker: Int
  ) -> UnsafeRawBufferPointer {
    let end = memory.baseAddress! + memory.count
    var cursor = end
    var depth = 0
    program.literals.withUnsafeBufferPointer { literals in
      for step in program.steps {
        switch step {
        case .literal(let range):
          cursor -= range.count
          cursor.update(from: literals.baseAddress! + range.lowerBound, count: range.count)
        case .value(let index):
          let value = template.value(of: index, request: request, worker: worker)
          cursor = Digits.write(
            value,
            width: template.placeholders[index].width,
            endingAt: cursor
          )
        case .mark:
          ends[depth] = cursor
          depth += 1
        case .length:
          depth -= 1
          cursor = Digits.writeVarint(UInt64(ends[depth] - cursor), endingAt: cursor)
        }
      }
    }
    return UnsafeRawBufferPointer(start: cursor, count: end - cursor)
  }

  private mutating func read(
    _ text: TemplateText,
    _ request: UInt64,
    _ worker: Int
  ) throws(TemplateError) -> UnsafeRawBufferPointer {
    let json = text.filled {
      text.digits($0, request: request, worker: worker, salts: template.salts)
    }
    let bytes = template.prefix + (try RequestTemplate.encode(json, as: template.message))
    if memory.count < bytes.count {
      memory.deallocate()
      memory = .allocate(capacity: bytes.count * 2)
    }
    _ = memory.update(fromContentsOf: bytes)
    return UnsafeRawBufferPointer(start: memory.baseAddress, count: bytes.count)
  }
}
