// What plugins.c loads and unloads: allocates in a constructor, when called, and at its
// end.
#include <cstdlib>
#include <string>
#include <vector>

static std::vector<std::string> kept(20, std::string(100, 'k'));
static thread_local std::vector<int> per_thread;

extern "C" char *plugin_work(int n) {
    std::vector<std::string> own;
    for (int i = 0; i < n; i++)
        own.push_back(std::string(static_cast<std::size_t>(i), 'o'));
    per_thread.assign(static_cast<std::size_t>(n), n);
    try {
        return reinterpret_cast<char *>(
            new std::string(own.at(static_cast<std::size_t>(n))));
    } catch (const std::exception &) { // always: it unwinds through this file
    }
    auto *left = static_cast<char *>(std::malloc(64));
    left[0] = static_cast<char>(kept.size() + per_thread.size());
    return left;
}

struct at_the_end {
    ~at_the_end() {
        std::vector<std::string> last(10, std::string(200, 'l'));
        kept.insert(kept.end(), last.begin(), last.end());
    }
};
static at_the_end end;
