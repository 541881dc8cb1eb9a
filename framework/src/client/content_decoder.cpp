#include "client/content_decoder.h"

#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/text/ascii.h>

namespace rondeau::client {
namespace {

using http::HeaderName;

rondeau::Error refuse(std::string_view why) {
  return rondeau::Error(Errc::InvalidData, std::string("content coding: ").append(why));
}

/// In the order in which they were applied.
Result<std::vector<coding::Coding>> codings_of(const http::Headers& response) {
  std::vector<coding::Coding> codings;
  for (const http::HeaderField& field : response) {
    if (field.id != HeaderName::ContentEncoding) continue;
    text::ListItems items(field.value);
    for (std::string_view name; items.next(name);) {
      if (text::equals_ignoring_case(name, "identity")) continue;
      const std::optional<coding::Coding> coding = coding::coding_named(name);
      if (!coding || !coding::is_available(*coding)) return refuse("one that cannot be decoded here");
      if (codings.size() == ContentDecoder::kMaxCodings) return refuse("more than two");
      codings.push_back(*coding);
    }
  }
  return codings;
}

}  // namespace

const std::string& accepted_codings() {
  static const std::string kList = [] {
    std::string list;
    for (const coding::Coding coding : coding::kCodings) {
      if (!coding::is_available(coding)) continue;
      if (!list.empty()) list += ", ";
      list += coding::to_string(coding);
    }
    return list;
  }();
  return kList;
}

Result<std::optional<ContentDecoder>> ContentDecoder::take(http::Headers& response) {
  RONDEAU_TRY_PLAIN(const std::vector<coding::Coding> codings, codings_of(response));
  if (codings.empty()) return std::optional<ContentDecoder>();
  ContentDecoder decoder;
  for (auto coding = codings.rbegin(); coding != codings.rend(); ++coding) {
    decoder.stages_.push_back({.decoder = coding::make_decoder(*coding)});
  }
  response.remove(HeaderName::ContentEncoding);
  response.remove(HeaderName::ContentLength);
  return std::optional<ContentDecoder>(std::move(decoder));
}

void ContentDecoder::feed(Bytes piece) {
  Stage& first = stages_.front();
  RONDEAU_ASSERT(error_ || (first.left.empty() && !first.more && !first.ended));
  first.ended = piece.empty();
  first.held = std::move(piece);
  first.left = first.held.view();
}

Result<std::optional<Bytes>> ContentDecoder::next() {
  if (error_) return *error_;
  Result<std::optional<Bytes>> piece = pull(stages_.size() - 1);
  if (!piece) error_ = piece.error();
  return piece;
}

/// The next piece that comes out of a stage; nothing: the wire has to give more, or `ended` says that it is over.
Result<std::optional<Bytes>> ContentDecoder::pull(std::size_t index) {
  Stage& stage = stages_[index];
  while (true) {
    if (stage.left.empty() && !stage.more) {
      if (index > 0 && !stage.ended) {
        RONDEAU_TRY_PLAIN(std::optional<Bytes> piece, pull(index - 1));
        if (!piece && !stages_[index - 1].ended) return std::optional<Bytes>();
        stage.ended = !piece;
        stage.held = piece ? *std::move(piece) : Bytes();
        stage.left = stage.held.view();
      }
      if (stage.left.empty()) {
        if (stage.ended && stage.started && !stage.decoder->at_end()) return refuse("the content ends before its end");
        return std::optional<Bytes>();
      }
    }
    stage.started = true;
    std::string out;
    const Result<void> decoded = stage.decoder->decode(stage.left, kPiece, out);
    if (!decoded) return decoded.error();
    stage.more = out.size() == kPiece;
    if (!out.empty()) return std::optional(Bytes(std::move(out)));
  }
}

}  // namespace rondeau::client
