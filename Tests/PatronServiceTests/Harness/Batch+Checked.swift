@testable import PatronServer
@testable import PatronService

extension Batch {
  /// Returns the batch with all items checked.
  func checked() -> Self {
    var batch = self
    while !batch.isChecked { batch.checkItems(atMost: Self.maxCount, until: nil) }
    return batch
  }
}

extension BatchRequest {
  /// Returns the request with all items checked.
  func checked() -> Self {
    var request = self
    request.batch = batch.checked()
    return request
  }
}
