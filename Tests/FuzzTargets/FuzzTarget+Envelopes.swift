import TTRPC

extension FuzzTarget {
  private static let maxMetadataBytes = 1024
  private static let maxMetadataPairs = 16

  /// The body of a request (even first byte) or of a response, with metadata and status.
  static let envelopes = FuzzTarget(name: "envelopes") { bytes in
    let (choice, input) = bytes.choice
    if choice % 2 == 0 { readRequest(input) } else { readResponse(input) }
  }

  private static func readRequest(_ input: UnsafeRawBufferPointer) {
    let view = try? RequestView(
      decoding: input,
      maxMetadataBytes: maxMetadataBytes,
      maxMetadataPairs: maxMetadataPairs
    )
    guard let view else { return }
    require(view.payload.count <= input.count, "a payload is part of its envelope")
    require(view.metadata.count <= maxMetadataPairs, "metadata is limited")
    var pairs = 0
    var size = 0
    view.metadata.forEach { key, value in
      pairs += 1
      size += key.count + value.count
      return true
    }
    require(pairs == view.metadata.count, "all pairs can be read")
    require(size <= maxMetadataBytes, "the bytes of metadata are limited")
    _ = view.metadata["authorization"]
    _ = view.metadata.all
  }

  private static func readResponse(_ input: UnsafeRawBufferPointer) {
    guard let view = try? ResponseView(decoding: input) else { return }
    require(view.payload.count <= input.count, "a payload is part of its envelope")
    _ = view.error?.description
    _ = view.error?.retryDelay
  }
}
