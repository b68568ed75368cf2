//! What exactly does an arrangement agree to, once its paths are read with the catalogue?

use crate::ElementRef;
use crate::catalogue::Catalogue;
use crate::lineage::Agreed;

use super::Arrangement;

impl Arrangement {
    /// The agreement that lineage is checked against. Population paths that lead nowhere are left out; `check` names them.
    pub fn agreed(&self, catalogue: &Catalogue) -> Agreed {
        let mut agreed = Agreed::default();
        for item in &self.elements {
            agreed.values.entry(item.element.clone()).or_default().insert(item.form);
        }
        agreed.selectors.extend(self.may_select_by.iter().cloned());
        if let Some(subject) = catalogue.subject() {
            let paths = self.population.elements();
            agreed.selectors.extend(paths.iter().filter_map(|path| catalogue.resolve(&subject.name, path)));
        }
        for entity in &catalogue.entities {
            agreed.relation_keys.extend(entity.key.iter().map(|key| ElementRef::new(&entity.name, key)));
        }
        for (entity, keys) in catalogue.relation_keys() {
            agreed.relation_keys.extend(keys.into_iter().map(|key| ElementRef::new(entity, key)));
        }
        agreed
    }
}

impl Catalogue {
    /// The element at the end of a path of steps to one: `household.camp` from `individual`.
    pub fn resolve(&self, entity: &str, path: &str) -> Option<ElementRef> {
        match path.split_once('.') {
            None => self.entity(entity)?.element(path).map(|element| ElementRef::new(entity, &element.name)),
            Some((name, rest)) => {
                let step = self.step(entity, name).filter(|step| step.to_one)?;
                self.resolve(step.target(), rest)
            }
        }
    }
}
