package io.threadstore.thread;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.quarkus.panache.common.Sort;
import io.threadstore.page.Cursor;
import io.threadstore.page.Page;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The patches that were applied to threads, in the caller's transaction: a row each, never changed. */
@ApplicationScoped
public class MetadataPatches {

    private final Repository repository;

    MetadataPatches(Repository repository) {
        this.repository = repository;
    }

    public void record(LockedThread thread, AppliedPatch patch) {
        repository.persist(new MetadataPatchEntity(thread.key(), patch));
    }

    /** One page of a thread's patches, oldest first. */
    public Page<AppliedPatch> list(StoredThread thread, int limit, @Nullable Cursor after) {
        var found = repository
                .find("threadKey = ?1 and key > ?2", Sort.by("key"), thread.key(), after == null ? 0 : after.key())
                .range(0, limit)
                .list();
        var page = found.subList(0, Math.min(limit, found.size()));
        var next = found.size() > limit ? new Cursor(0, page.get(limit - 1).key()) : null;
        return new Page<>(page.stream().map(MetadataPatchEntity::toApplied).toList(), next);
    }

    /** Which of a thread's items a patch appended. */
    public Set<Long> ordinals(LockedThread thread) {
        return Set.copyOf(repository
                .getEntityManager()
                .createQuery(
                        "select p.ordinal from MetadataPatchEntity p where p.threadKey = :key and p.ordinal is not null",
                        Long.class)
                .setParameter("key", thread.key())
                .getResultList());
    }

    /** The entity's queries. */
    @ApplicationScoped
    static class Repository implements PanacheRepositoryBase<MetadataPatchEntity, Long> {}
}
