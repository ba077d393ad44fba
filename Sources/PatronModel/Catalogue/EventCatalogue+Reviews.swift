extension EventCatalogue {
  /// Event types about reviews, questions and photos.
  static let reviewTypes: [EventType] = [
    .own(
      .reviews,
      "review_request_eligible",
      "Review can be requested",
      "The order was sent or delivered, so that a review may be asked for.",
      [
        .text("trigger"), .order, .text("products"), .text("submission_url", personal: true),
      ]
    ),
    .own(
      .reviews,
      "review_request_sent",
      "Review requested",
      "The customer was asked to review a purchase.",
      [.text("channel"), .order, .text("products"), .message]
    ),
    .own(
      .reviews,
      "review_request_opened",
      "Review request opened",
      "The customer opened a request for a review.",
      [.text("channel"), .order, .text("products"), .message]
    ),
    .own(
      .reviews,
      "review_created",
      "Product reviewed",
      "The customer reviewed a product or the shop. score is 1 to 5; sentiment is a number from -1 "
        + "to 1, or positive, neutral or negative.",
      [
        .review, .product, .count("score", in: 1...5), .text("title", personal: true),
        .text("content_excerpt", personal: true), .text("sentiment"), .flag("verified_buyer"),
        .count("media_count"), .text("topics"), .text("reviewer_name", personal: true),
      ],
      rule: Enrichment.Rule(
        creates: .withEmail,
        fills: ["first_name", "last_name", "email"],
        effects: [.review, .reviewerName(property: "reviewer_name")]
      )
    ),
    moderated("updated", "Review updated", "A review was changed."),
    moderated("published", "Review published", "A review was published."),
    moderated("unpublished", "Review unpublished", "A review was taken down."),
    moderated("escalated", "Review escalated", "A review was passed on to be dealt with."),
    .own(
      .reviews,
      "question_asked",
      "Question asked",
      "The customer asked about a product.",
      [
        .text("question_id", required: true), .product,
        .text("content_excerpt", personal: true),
      ]
    ),
    .own(
      .reviews,
      "question_answered",
      "Question answered",
      "A question of the customer was answered.",
      [.text("question_id", required: true), .product]
    ),
    .own(
      .reviews,
      "photo_uploaded",
      "Photo uploaded",
      "The customer sent a photo of a product.",
      [.text("photo_id"), .product, .review]
    ),
  ]

  private static func moderated(
    _ what: String,
    _ label: String,
    _ description: String
  ) -> EventType {
    .own(
      .reviews,
      "review_\(what)",
      label,
      description,
      [.theReview, .product, .text("status")]
    )
  }
}
