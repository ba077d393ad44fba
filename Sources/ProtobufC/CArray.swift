/// Decoding by generated code: copies of arrays of libprotobuf-c.
public enum CArray {
  /// Returns a copy of trivial elements.
  @inlinable
  public static func copy<Element: BitwiseCopyable>(
    _ start: UnsafeMutablePointer<Element>?,
    _ count: Int
  ) -> [Element] {
    [Element](UnsafeBufferPointer(start: start, count: count))
  }

  /// Returns the elements converted one by one.
  @inlinable
  public static func map<Source, Element>(
    _ start: UnsafeMutablePointer<Source>?,
    _ count: Int,
    _ convert: (Source) -> Element
  ) -> [Element] {
    UnsafeBufferPointer(start: start, count: count).map(convert)
  }

  /// Returns the entries of a map. The last entry of a key wins, as protobuf requires.
  @inlinable
  public static func dictionary<Source, Key: Hashable, Value>(
    _ start: UnsafeMutablePointer<Source>?,
    _ count: Int,
    _ convert: (Source) -> (Key, Value)
  ) -> [Key: Value] {
    var result = [Key: Value](minimumCapacity: count)
    for entry in UnsafeBufferPointer(start: start, count: count) {
      let (key, value) = convert(entry)
      result[key] = value
    }
    return result
  }
}
