// Tagged<"kind", A, B>: the member that tells which struct it is may come last. Until it does, tokens are kept; then
// they are read again, as those of the chosen struct, or skipped.
#include <utility>

#include "json/expected.h"
#include "json/reader.h"

namespace rondeau::json {

bool Reader::search(Token token, std::string& text) {
  const reflect::VariantDescriptor& type = *search_.type;
  if (search_.tag_follows) {
    search_.tag_follows = false;
    if (token.kind == TokenKind::String) {
      for (std::size_t i = 0; i < type.alternatives.size(); ++i) {
        if (type.alternatives[i].name == text) return choose(i);
      }
    } else {
      search_.kept.emplace_back(token, std::move(text));
    }
    return tag_error(codes::kEnum, expected_one_of(type)) && give_up();
  }
  switch (token.kind) {
    case TokenKind::Key:
      if (search_.depth == 1 && text == type.tag) return search_.tag_follows = true;
      break;
    case TokenKind::BeginObject:
    case TokenKind::BeginArray:
      if (frames_.size() + ++search_.depth > options_.limits.depth) return too_deep();
      break;
    case TokenKind::EndObject:
    case TokenKind::EndArray:
      if (--search_.depth > 0) break;
      return tag_error(codes::kRequired, "is required") && give_up() && end();
    default:
      break;
  }
  search_.kept.emplace_back(token, std::move(text));
  return true;
}

bool Reader::tag_error(std::string_view code, std::string message) {
  return error_at(pointer() + "/" + std::string(search_.type->tag), code, std::move(message));
}

bool Reader::choose(std::size_t alternative) {
  Search found = std::exchange(search_, {});
  const Slot slot{found.type->alternatives[alternative].type, found.type->emplace(found.address, alternative)};
  if (!open(Mode::Struct, slot, found.unfinished)) return false;
  frames_.back().tag = found.type->tag;
  return replay(std::move(found.kept));
}

bool Reader::give_up() {
  Search missed = std::exchange(search_, {});
  finish(missed.unfinished, Outcome::Failed);
  if (!open(Mode::SkippedObject, {}, unfinished_.size())) return false;
  frames_.back().other_keys.emplace_back(missed.type->tag);  // it is not among the tokens, but may come again
  return replay(std::move(missed.kept));
}

bool Reader::replay(std::vector<std::pair<Token, std::string>> kept) {
  for (auto& [step, text] : kept) {
    if (!token(step, text)) return false;
  }
  return true;
}

}  // namespace rondeau::json
