/// A lookup of methods by the bytes of their names, without making strings.
public struct MethodTable: Sendable {
  /// The methods, in the dispatcher's order.
  public let methods: [Method]
  /// `service` and `name` of every method, concatenated.
  private let names: [UInt8]
  private let entries: [Entry]
  /// A hash table with open addressing: the index of an entry, or -1. The size is a power of two.
  private let slots: [Int32]

  private struct Entry {
    let offset: Int
    let serviceCount: Int
    let nameCount: Int
  }

  /// Creates a table of `methods`. Two methods of the same name are a programmer's error.
  public init(_ methods: [Method]) {
    self.methods = methods
    var names: [UInt8] = []
    var entries: [Entry] = []
    var size = 8
    while size < methods.count * 2 { size *= 2 }
    var slots = [Int32](repeating: -1, count: size)
    for method in methods {
      let service = Array(method.service.utf8)
      let name = Array(method.name.utf8)
      var slot = service.withUnsafeBytes { service in
        name.withUnsafeBytes { Self.hash(service, $0) & (size - 1) }
      }
      while slots[slot] >= 0 { slot = (slot + 1) & (size - 1) }
      slots[slot] = Int32(entries.count)
      entries.append(
        Entry(offset: names.count, serviceCount: service.count, nameCount: name.count)
      )
      names += service + name
    }
    self.names = names
    self.entries = entries
    self.slots = slots
    precondition(Set(methods.map(\.description)).count == methods.count, "a method occurs twice")
  }

  /// Returns the index of the method with these names, or nil.
  public func index(service: UnsafeRawBufferPointer, method: UnsafeRawBufferPointer) -> Int? {
    var slot = Self.hash(service, method) & (slots.count - 1)
    while true {
      let index = Int(slots[slot])
      if index < 0 { return nil }
      if matches(entries[index], service, method) { return index }
      slot = (slot + 1) & (slots.count - 1)
    }
  }

  private func matches(
    _ entry: Entry,
    _ service: UnsafeRawBufferPointer,
    _ method: UnsafeRawBufferPointer
  ) -> Bool {
    guard entry.serviceCount == service.count, entry.nameCount == method.count else { return false }
    return names.withUnsafeBytes { names in
      Self.equal(names, entry.offset, service)
        && Self.equal(names, entry.offset + entry.serviceCount, method)
    }
  }

  private static func equal(
    _ names: UnsafeRawBufferPointer,
    _ offset: Int,
    _ bytes: UnsafeRawBufferPointer
  ) -> Bool {
    var index = 0
    while index + 8 <= bytes.count {
      let left = names.loadUnaligned(fromByteOffset: offset + index, as: UInt64.self)
      if left != bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) { return false }
      index += 8
    }
    while index < bytes.count {
      if names[offset + index] != bytes[index] { return false }
      index += 1
    }
    return true
  }

  /// Returns the hash of a method's names. It needs no secret: only names of the table are stored,
  /// so a caller cannot lengthen any search.
  private static func hash(
    _ service: UnsafeRawBufferPointer,
    _ method: UnsafeRawBufferPointer
  ) -> Int {
    var state = mix(0x9e37_79b9_7f4a_7c15, service)
    state = mix(state, method)
    return Int(truncatingIfNeeded: (state ^ (state >> 32)) & 0x7fff_ffff)
  }

  private static func mix(_ seed: UInt64, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var state = seed ^ UInt64(truncatingIfNeeded: bytes.count)
    var index = 0
    while index + 8 <= bytes.count {
      state = fold(state, bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      index += 8
    }
    var tail: UInt64 = 0
    while index < bytes.count {
      tail = tail << 8 | UInt64(bytes[index])
      index += 1
    }
    return fold(state, tail)
  }

  private static func fold(_ state: UInt64, _ word: UInt64) -> UInt64 {
    let mixed = (state ^ word) &* 0xff51_afd7_ed55_8ccd
    return mixed ^ (mixed >> 29)
  }
}
