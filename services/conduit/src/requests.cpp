#include "requests.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace conduit {
namespace {

constexpr std::size_t kLongestUsername = 64;
constexpr std::size_t kLongestEmail = 254;  // RFC 5321 §4.5.3.1.3, without the brackets
constexpr std::size_t kLeastPassword = 8;
constexpr std::size_t kLongestPassword = 1024;
constexpr std::size_t kLongestTitle = 255;
constexpr std::size_t kLongestDescription = 1000;
constexpr std::size_t kLongestBody = 1024 * 1024;
constexpr std::size_t kLongestComment = 64 * 1024;
constexpr std::size_t kLongestProfile = 16 * 1024;
constexpr std::size_t kLongestTag = 64;
constexpr std::size_t kMostTags = 50;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

/// Why a text is refused, or empty. PostgreSQL keeps no NUL.
std::string why_not(std::string_view text, std::size_t longest) {
  if (text.find('\0') != std::string_view::npos) return "can't hold a NUL character";
  if (text.size() > longest) return "is too long (at most " + std::to_string(longest) + " bytes)";
  return {};
}
std::string why_not_filled(std::string_view text, std::size_t longest) {
  return is_blank(text) ? "can't be blank" : why_not(text, longest);
}
std::string why_not_email(std::string_view text) {
  if (std::string why = why_not_filled(text, kLongestEmail); !why.empty()) return why;
  const std::size_t at = text.find('@');
  const bool is_address = at != std::string_view::npos && at != 0 && at + 1 != text.size() &&
                          text.find('@', at + 1) == std::string_view::npos &&
                          std::ranges::none_of(text, [](unsigned char c) { return c <= ' ' || c == 0x7f; });
  return is_address ? std::string() : "is invalid";
}
/// Nothing is cut off or trimmed: what is typed is the password.
std::string why_not_password(std::string_view text) {
  if (text.empty()) return "can't be blank";
  if (text.size() < kLeastPassword) return "is too short (at least " + std::to_string(kLeastPassword) + " bytes)";
  return text.size() > kLongestPassword ? "is too long (at most " + std::to_string(kLongestPassword) + " bytes)"
                                        : std::string();
}

template <class T>
void refuse(Violations& wrong, const T& member, std::string why) {
  if (!why.empty()) wrong.add(member, std::move(why));
}
/// Of a member that may stay as it is and cannot be cleared.
template <class Why>
void refuse_change(Violations& wrong, const Patch<std::string>& member, Why why) {
  if (member.is_null()) return wrong.add(member, "can't be blank");
  if (member) refuse(wrong, member, why(*member));
}

}  // namespace

void validate(const NewUser& user, Violations& wrong) {
  refuse(wrong, user.username, why_not_filled(user.username, kLongestUsername));
  refuse(wrong, user.email, why_not_email(user.email));
  refuse(wrong, user.password, why_not_password(user.password.reveal()));
}

void validate(const Login& login, Violations& wrong) {
  refuse(wrong, login.email, why_not_filled(login.email, kLongestEmail));
  if (login.password.empty()) wrong.add(login.password, "can't be blank");
  // Hashing what nobody can have set would only cost.
  if (login.password.reveal().size() > kLongestPassword)
    wrong.add(login.password, why_not_password(login.password.reveal()));
}

void validate(const UserChange& change, Violations& wrong) {
  const bool empty = change.email.is_absent() && change.username.is_absent() && change.password.is_absent() &&
                     change.image.is_absent() && change.bio.is_absent();
  if (empty) return wrong.add(change, "must have something to change");
  refuse_change(wrong, change.email, why_not_email);
  refuse_change(wrong, change.username, [](std::string_view text) { return why_not_filled(text, kLongestUsername); });
  refuse_change(wrong, change.password, why_not_password);
  if (change.image) refuse(wrong, change.image, why_not(*change.image, kLongestProfile));
  if (change.bio) refuse(wrong, change.bio, why_not(*change.bio, kLongestProfile));
}

void validate(const NewArticle& article, Violations& wrong) {
  refuse(wrong, article.title, why_not_filled(article.title, kLongestTitle));
  refuse(wrong, article.description, why_not_filled(article.description, kLongestDescription));
  refuse(wrong, article.body, why_not_filled(article.body, kLongestBody));
  if (!article.tag_list) return;
  if (article.tag_list->size() > kMostTags) {
    return wrong.add(article.tag_list, "can't have more than " + std::to_string(kMostTags) + " tags");
  }
  for (const std::string& tag : *article.tag_list) refuse(wrong, tag, why_not_filled(tag, kLongestTag));
}

void validate(const ArticleChange& change, Violations& wrong) {
  refuse_change(wrong, change.title, [](std::string_view text) { return why_not_filled(text, kLongestTitle); });
  refuse_change(wrong, change.description,
                [](std::string_view text) { return why_not_filled(text, kLongestDescription); });
  refuse_change(wrong, change.body, [](std::string_view text) { return why_not_filled(text, kLongestBody); });
}

void validate(const NewComment& comment, Violations& wrong) {
  refuse(wrong, comment.body, why_not_filled(comment.body, kLongestComment));
}

}  // namespace conduit
