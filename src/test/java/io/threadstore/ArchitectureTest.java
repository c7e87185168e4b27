package io.threadstore;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.quarkus.runtime.annotations.QuarkusMain;
import jakarta.persistence.Entity;
import jakarta.transaction.Transactional;

/** The house's rules: see docs/architecture.md. */
@AnalyzeClasses(packages = "io.threadstore", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule DEPENDENCIES_POINT_DOWN = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("rest")
            .definedBy("io.threadstore.rest..")
            .layer("codex")
            .definedBy("io.threadstore.codex..")
            .layer("identity")
            .definedBy("io.threadstore.identity..")
            .layer("idempotency")
            .definedBy("io.threadstore.idempotency..")
            .layer("lifecycle")
            .definedBy("io.threadstore.lifecycle..")
            .layer("rollout")
            .definedBy("io.threadstore.rollout..")
            .layer("writer")
            .definedBy("io.threadstore.writer..")
            .layer("thread")
            .definedBy("io.threadstore.thread..")
            .layer("page")
            .definedBy("io.threadstore.page..")
            .layer("error")
            .definedBy("io.threadstore.error..")
            .layer("platform")
            .definedBy("io.threadstore.platform", "io.threadstore.platform.limits")
            .layer("compression")
            .definedBy("io.threadstore.compression..")
            .layer("admission")
            .definedBy("io.threadstore.admission..")
            .layer("connection")
            .definedBy("io.threadstore.connection..")
            .layer("embedded")
            .definedBy("io.threadstore.platform.embedded..")
            .whereLayer("rest")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("codex")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("identity")
            .mayOnlyBeAccessedByLayers("rest", "codex", "admission")
            .whereLayer("idempotency")
            .mayOnlyBeAccessedByLayers("rest")
            .whereLayer("lifecycle")
            .mayOnlyBeAccessedByLayers("rest", "codex")
            .whereLayer("rollout")
            .mayOnlyBeAccessedByLayers("rest", "codex", "lifecycle")
            .whereLayer("writer")
            .mayOnlyBeAccessedByLayers("rest", "codex", "lifecycle", "rollout")
            .whereLayer("thread")
            .mayOnlyBeAccessedByLayers("rest", "codex", "lifecycle", "rollout", "writer")
            .whereLayer("page")
            .mayOnlyBeAccessedByLayers("rest", "codex", "lifecycle", "rollout", "writer", "thread")
            .whereLayer("compression")
            .mayOnlyBeAccessedByLayers("rest")
            .whereLayer("admission")
            .mayOnlyBeAccessedByLayers("rest", "codex")
            .whereLayer("connection")
            .mayOnlyBeAccessedByLayers("rest")
            .whereLayer("embedded")
            .mayNotBeAccessedByAnyLayer();

    @ArchTest
    static final ArchRule NO_CYCLES =
            slices().matching("io.threadstore.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule DOMAIN_KNOWS_NO_TRANSPORT = noClasses()
            .that()
            .resideInAnyPackage(
                    "io.threadstore.compression..",
                    "io.threadstore.error..",
                    "io.threadstore.identity..",
                    "io.threadstore.idempotency..",
                    "io.threadstore.page..",
                    "io.threadstore.thread..",
                    "io.threadstore.rollout..",
                    "io.threadstore.writer..",
                    "io.threadstore.lifecycle..",
                    "io.threadstore.platform..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("jakarta.ws.rs..", "io.grpc..", "org.eclipse.microprofile.openapi..", "io.vertx..");

    @ArchTest
    static final ArchRule TRANSPORT_KNOWS_NO_PERSISTENCE = noClasses()
            .that()
            .resideInAnyPackage("io.threadstore.rest..", "io.threadstore.codex..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("jakarta.persistence..", "org.hibernate..", "java.sql..", "jakarta.transaction..");

    @ArchTest
    static final ArchRule ENTITIES_ARE_HIDDEN =
            classes().that().areAnnotatedWith(Entity.class).should().bePackagePrivate();

    @ArchTest
    static final ArchRule REPOSITORIES_ARE_HIDDEN = classes()
            .that()
            .areAssignableTo(PanacheRepositoryBase.class)
            .should()
            .bePackagePrivate();

    @ArchTest
    static final ArchRule PUBLIC_METHODS_SHOW_NO_ENTITIES = noMethods()
            .that()
            .arePublic()
            .and()
            .areDeclaredInClassesThat()
            .arePublic()
            .should()
            .haveRawReturnType(com.tngtech.archunit.base.DescribedPredicate.describe(
                    "an entity", type -> type.isAnnotatedWith(Entity.class)));

    @ArchTest
    static final ArchRule TRANSACTIONS_OPEN_ON_SERVICES = methods()
            .that()
            .areAnnotatedWith(Transactional.class)
            .should()
            .beDeclaredInClassesThat()
            .haveNameMatching(".*(Service|Reader|Importer)");

    @ArchTest
    static final ArchRule TIME_COMES_FROM_THE_CLOCK = noClasses()
            .that()
            .areNotAnnotatedWith(QuarkusMain.class)
            .should()
            .callMethod(java.time.Instant.class, "now")
            .orShould()
            .callMethod(System.class, "currentTimeMillis");
}
