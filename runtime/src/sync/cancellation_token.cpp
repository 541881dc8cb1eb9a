#include <rondeau/sync/cancellation_token.h>

#include "sync/cancellation_token_inl.h"

namespace rondeau::detail {

template struct BasicTokenTree<StdAtomics>;

}  // namespace rondeau::detail
