// Free-form values: the same frames and limits, with nlohmann's value as the slot.
#include <nlohmann/json.hpp>

#include "json/reader.h"

namespace rondeau::json {

void* Reader::document_member(void* object, const std::string& key) {
  auto& members = static_cast<nlohmann::json*>(object)->get_ref<nlohmann::json::object_t&>();
  const auto [at, is_new] = members.try_emplace(key);
  return is_new ? &at->second : nullptr;
}

void* Reader::document_element(void* array) {
  return &static_cast<nlohmann::json*>(array)->emplace_back();
}

void Reader::store_document(void* document, Token token, std::string& text) {
  auto& value = *static_cast<nlohmann::json*>(document);
  switch (token.kind) {
    case TokenKind::Bool:
      value = token.boolean;
      break;
    case TokenKind::Signed:
      value = token.negative;
      break;
    case TokenKind::Unsigned:
      value = token.natural;
      break;
    case TokenKind::Floating:
    case TokenKind::BigInteger:
      value = token.floating;
      break;
    case TokenKind::String:
      value = std::move(text);
      break;
    case TokenKind::BeginObject:
      value = nlohmann::json::object();
      break;
    case TokenKind::BeginArray:
      value = nlohmann::json::array();
      break;
    default:
      value = nullptr;
  }
}

}  // namespace rondeau::json
