#include <rondeau/crypto/password.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <openssl/evp.h>

#include <rondeau/base/assert.h>
#include <rondeau/base/current_driver.h>
#include <rondeau/crypto/hmac.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/task/blocking.h>
#include <rondeau/text/base64.h>

namespace rondeau::crypto {
namespace {

constexpr std::size_t kSaltSize = 16;
constexpr std::size_t kHashSize = 32;
constexpr std::uint64_t kMaxMemory = std::uint64_t{256} << 20;

struct Parts {
  ScryptCost cost;
  std::string salt;
  std::string hash;
};

std::uint64_t memory_of(ScryptCost cost) noexcept {
  return std::uint64_t{128} * cost.r * ((std::uint64_t{1} << cost.log_n) + cost.p);
}

bool is_within_bounds(ScryptCost cost) noexcept {
  return cost.log_n >= 1 && cost.log_n <= 20 && cost.r >= 1 && cost.r <= 32 && cost.p >= 1 && cost.p <= 16 &&
         memory_of(cost) <= kMaxMemory;
}

std::array<char, kHashSize> scrypt(std::string_view password, std::string_view salt, ScryptCost cost) {
  std::array<char, kHashSize> out;
  // Some kilobytes more than the algorithm's own.
  const std::uint64_t memory = memory_of(cost) + (std::uint64_t{1} << 20);
  if (EVP_PBE_scrypt(password.empty() ? "" : password.data(), password.size(),
                     reinterpret_cast<const unsigned char*>(salt.data()), salt.size(), std::uint64_t{1} << cost.log_n,
                     cost.r, cost.p, memory, reinterpret_cast<unsigned char*>(out.data()), out.size()) != 1) {
    throw std::runtime_error("OpenSSL cannot do scrypt");
  }
  return out;
}

/// Base64 of the standard alphabet, without padding, as the PHC string format has it.
std::string encode(std::string_view bytes) {
  std::string text = text::base64_encode(bytes);
  text.resize(text.find_last_not_of('=') + 1);
  return text;
}

std::optional<std::string> decode(std::string_view text) {
  if (text.find('=') != std::string_view::npos) return std::nullopt;
  std::string padded(text);
  padded.append((4 - padded.size() % 4) % 4, '=');
  Result<std::string> bytes = text::base64_decode(padded);
  return bytes ? std::optional(*std::move(bytes)) : std::nullopt;
}

/// Takes `name` and the number behind it off the front.
bool take_number(std::string_view& text, std::string_view name, unsigned& number) {
  if (!text.starts_with(name)) return false;
  text.remove_prefix(name.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || text.front() == '0' || digits > 2) return false;
  text.remove_prefix(digits);
  return true;
}

std::optional<Parts> read(std::string_view text) {
  Parts parts;
  if (!take_number(text, "$scrypt$ln=", parts.cost.log_n) || !take_number(text, ",r=", parts.cost.r) ||
      !take_number(text, ",p=", parts.cost.p) || !text.starts_with('$') || !is_within_bounds(parts.cost)) {
    return std::nullopt;
  }
  text.remove_prefix(1);
  const std::size_t middle = text.find('$');
  if (middle == std::string_view::npos) return std::nullopt;
  const auto salt = decode(text.substr(0, middle));
  const auto hash = decode(text.substr(middle + 1));
  if (!salt || !hash || salt->size() < 8 || salt->size() > 64 || hash->size() != kHashSize) return std::nullopt;
  parts.salt = *salt;
  parts.hash = *hash;
  return parts;
}

bool check(const Secret<std::string>& password, const std::optional<std::string>& hash, const std::string& dummy) {
  if (hash && read(*hash)) return check_password(password.reveal(), *hash);
  static_cast<void>(check_password(password.reveal(), dummy));
  return false;
}

}  // namespace

std::string hash_password(std::string_view password, ScryptCost cost) {
  RONDEAU_ASSERT(is_within_bounds(cost));
  std::string salt(kSaltSize, '\0');
  base::current_driver().random(std::as_writable_bytes(std::span(salt)));
  const auto hash = scrypt(password, salt, cost);
  return "$scrypt$ln=" + std::to_string(cost.log_n) + ",r=" + std::to_string(cost.r) +
         ",p=" + std::to_string(cost.p) + "$" + encode(salt) + "$" + encode({hash.data(), hash.size()});
}

bool check_password(std::string_view password, std::string_view hash) {
  const std::optional<Parts> parts = read(hash);
  if (!parts) return false;
  const auto found = scrypt(password, parts->salt, parts->cost);
  return equal_in_constant_time({found.data(), found.size()}, parts->hash);
}

bool needs_rehash(std::string_view hash, ScryptCost cost) {
  const std::optional<Parts> parts = read(hash);
  return !parts || parts->cost != cost;
}

struct Passwords::Inside {
  ScryptCost cost;
  std::string dummy;  ///< a hash that no password has, at that cost
  std::shared_ptr<sync::Semaphore> room;
};

Passwords::Passwords(PasswordSettings settings) {
  RONDEAU_ASSERT(is_within_bounds(settings.cost) && settings.at_once > 0);
  std::string dummy = "$scrypt$ln=" + std::to_string(settings.cost.log_n) + ",r=" + std::to_string(settings.cost.r) +
                      ",p=" + std::to_string(settings.cost.p) + "$" + encode(std::string(kSaltSize, '\0')) + "$" +
                      encode(std::string(kHashSize, '\0'));
  inside_.reset(new Inside{settings.cost, std::move(dummy), std::make_shared<sync::Semaphore>(settings.at_once)});
}
Passwords::Passwords(Passwords&&) noexcept = default;
Passwords& Passwords::operator=(Passwords&&) noexcept = default;
Passwords::~Passwords() = default;

namespace {

/// The permit is the call's: one whose caller has left still takes its memory.
template <class F, class T = std::invoke_result_t<F&>>
task::Task<Result<T>> in_turn(std::shared_ptr<sync::Semaphore> room, F call) {
  RONDEAU_TRY(auto permit, co_await sync::Semaphore::acquire_owned(std::move(room)));
  auto alone = [permit = std::move(permit), call = std::move(call)] { return call(); };
  RONDEAU_TRY(T result, co_await task::blocking(std::move(alone)));
  co_return result;
}

}  // namespace

task::Task<Result<std::string>> Passwords::hash(Secret<std::string> password) const {
  return in_turn(inside_->room, [cost = inside_->cost, password = std::move(password)] {
    return hash_password(password.reveal(), cost);
  });
}

task::Task<Result<bool>> Passwords::verify(Secret<std::string> password, std::optional<std::string> hash) const {
  return in_turn(inside_->room, [password = std::move(password), hash = std::move(hash), dummy = inside_->dummy] {
    return check(password, hash, dummy);
  });
}

bool Passwords::needs_rehash(std::string_view hash) const {
  return crypto::needs_rehash(hash, inside_->cost);
}

}  // namespace rondeau::crypto
