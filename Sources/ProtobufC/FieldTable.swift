internal import CProtobufC

/// A lookup of fields by number. libprotobuf-c sorts them by number and lists the runs without
/// gaps.
struct FieldTable {
  private let fields: UnsafePointer<ProtobufCFieldDescriptor>?
  private let count: Int
  private let ranges: UnsafePointer<ProtobufCIntRange>?
  private let rangeCount: Int

  @inline(__always)
  init(_ descriptor: UnsafePointer<ProtobufCMessageDescriptor>) {
    fields = descriptor.pointee.fields
    count = Int(descriptor.pointee.n_fields)
    ranges = descriptor.pointee.field_ranges
    rangeCount = Int(descriptor.pointee.n_field_ranges)
  }

  /// Returns the index of the field with this number, or -1. Fields mostly come in order, so the
  /// previous field and the one after it are tried first.
  @inline(__always)
  func index(of number: UInt32, after previous: Int) -> Int {
    guard let fields else { return -1 }
    let next = previous &+ 1
    if next < count && fields[next].id == number { return next }
    if previous >= 0 && fields[previous].id == number { return previous }
    return search(number)
  }

  private func search(_ number: UInt32) -> Int {
    guard let ranges, let number = Int32(exactly: number) else { return -1 }
    var low = 0
    var high = rangeCount
    while low < high {
      let middle = (low &+ high) / 2
      let range = ranges[middle]
      let length = ranges[middle &+ 1].orig_index &- range.orig_index
      if number < range.start_value {
        high = middle
      } else if UInt32(number &- range.start_value) >= length {
        low = middle &+ 1
      } else {
        return Int(range.orig_index) &+ Int(number &- range.start_value)
      }
    }
    return -1
  }
}

/// The fields of one message that have occurred, by index.
struct SeenFields {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  /// Marks a field as seen. Returns false if it was seen before. The generator refuses messages
  /// with more than 128 fields, so an index past that counts as seen.
  @inline(__always)
  mutating func insert(_ index: Int) -> Bool {
    if index < 64 {
      let bit: UInt64 = 1 &<< UInt64(index)
      defer { low |= bit }
      return low & bit == 0
    }
    guard index < 128 else { return false }
    let bit: UInt64 = 1 &<< UInt64(index &- 64)
    defer { high |= bit }
    return high & bit == 0
  }
}
